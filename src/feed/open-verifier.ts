import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DirectVerifier, type Verifier } from './verifier.js';
import { VerifierThread } from './verifier-thread.js';
import type { VerifierSettings } from './verify.js';

/** The compiled entry of the thread, beside this file once built. */
const THREAD_FILE = new URL('./verifier-thread-entry.js', import.meta.url);

/**
 * A verifier off the serving thread. Where the entry of the thread is not compiled (TypeScript sources run directly)
 * there is nothing to start a thread from, so checks run on this one.
 */
export function openVerifier(settings: VerifierSettings, threadFile: URL = THREAD_FILE): Verifier {
  return existsSync(fileURLToPath(threadFile))
    ? new VerifierThread(settings, threadFile)
    : new DirectVerifier(settings);
}
