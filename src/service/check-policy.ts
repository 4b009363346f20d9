import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { CaseText, RevisionCheck } from '../policy/index.js';

/** The compiled entry of the thread, beside this file once built. */
const THREAD_FILE = new URL('./check-thread-entry.js', import.meta.url);

/** A check takes half a second; one that takes this long is given up, and so is the thread. */
const CHECK_TIMEOUT_MS = 30_000;

/** To the thread. */
export interface CheckRequest {
  readonly text: string;
  readonly cases: readonly CaseText[];
  /** See `PolicyContext.isRecorded`. */
  readonly isRecorded: boolean;
}

/** Checks a policy with the cases that it must pass. */
export type PolicyCheck = (
  text: string,
  cases: readonly CaseText[],
  isRecorded?: boolean,
) => Promise<RevisionCheck>;

/**
 * Checks, one after the other, each in a thread of its own: reading a policy and running its cases would take the
 * serving thread for hundreds of milliseconds, and a check that goes wrong takes nothing with it. Where the entry of the
 * thread is not compiled (TypeScript sources run directly) checks run in short turns on this thread.
 */
export function policyCheck(threadFile: URL = THREAD_FILE): PolicyCheck {
  if (!existsSync(fileURLToPath(threadFile))) {
    return async (text, cases, isRecorded = false) => {
      const { checkHere } = await import('./check-here.js');
      return checkHere(text, cases, isRecorded);
    };
  }
  let last: Promise<unknown> = Promise.resolve();
  return (text, cases, isRecorded = false) => {
    const check = last.then(() => checkInThread(threadFile, { text, cases, isRecorded }));
    last = check.catch(() => undefined);
    return check;
  };
}

function checkInThread(threadFile: URL, request: CheckRequest): Promise<RevisionCheck> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadFile, { workerData: request, name: 'policy-check' });
    const timer = setTimeout(() => void worker.terminate(), CHECK_TIMEOUT_MS);
    // The call that waits keeps the process alive, not the thread.
    worker.unref();
    worker.on('message', (check: RevisionCheck) => resolve(check));
    worker.on('error', reject);
    worker.on('exit', () => {
      clearTimeout(timer);
      reject(new Error('the check of a policy ended without a result'));
    });
  });
}
