import { randomBytes } from 'node:crypto';
import { createKeyFile, type Keyring, KeyringError, loadKeyring } from '../identity/index.js';
import type { Clock } from '../journal/index.js';
import type { Events } from '../telemetry/events.js';

/**
 * Loads the keys of pseudonyms; makes them at the first start, with a warning that they belong elsewhere.
 *
 * @param hasEvidence there are entries whose pseudonyms were made with keys: missing keys are then an error, since
 *   aliases made with new ones would never match again
 * @throws KeyringError
 */
export function openKeyring(path: string, hasEvidence: boolean, clock: Clock, events: Events): Keyring {
  try {
    return loadKeyring(path);
  } catch (error) {
    const missing = error instanceof KeyringError && error.code === 'KEY_FILE_MISSING';
    if (!missing || hasEvidence) throw error;
    const keyring = createKeyFile(path, randomBytes, clock.nowMs());
    events.keysMade();
    return keyring;
  }
}
