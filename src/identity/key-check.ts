import { createHmac } from 'node:crypto';
import { type HmacKey, type Keyring, KeyringError } from './keyring.js';

/** What is made with a key to know it again; says nothing of the key. */
const CHECKED_TEXT = 'holdfast key check 1';

const CHECK_BYTES = 8;

/** By kind and id of a key: what it makes of a known text. */
type KeyChecks = ReadonlyMap<string, string>;

/**
 * Holds the keys against those that pseudonyms were made with so far.
 *
 * @param recorded what was returned for the keys of before; undefined: nothing is known of them
 * @returns what to record now; undefined if that is what is recorded
 * @throws KeyringError code `KEYS_CHANGED`: with these keys nothing that is known would be found again
 */
export function checkKeys(keyring: Keyring, recorded: Uint8Array | undefined): Uint8Array | undefined {
  const now = checksOf(keyring);
  const before = recorded === undefined ? new Map<string, string>() : decode(recorded);
  for (const [name, check] of now) {
    const known = before.get(name);
    if (known !== undefined && known !== check) {
      throw changed(`its key ${name} is another one than before`);
    }
  }
  for (const kind of new Set([...before.keys()].map(kindOf))) {
    const isKnown = [...now.keys()].some((name) => kindOf(name) === kind && before.has(name));
    if (!isKnown) throw changed(`it has none of the ${kind} keys of before`);
  }
  if ([...now.keys()].every((name) => before.has(name))) return undefined;
  return Buffer.from(JSON.stringify(Object.fromEntries([...before, ...now])));
}

function checksOf({ matchKeys, lastingKey, tenantKeys }: Keyring): KeyChecks {
  const checks = new Map<string, string>();
  const add = (kind: string, { id, secret }: HmacKey): void => {
    const check = createHmac('sha256', secret).update(CHECKED_TEXT).digest().subarray(0, CHECK_BYTES);
    checks.set(`${kind}/${id}`, check.toString('base64url'));
  };
  for (const key of matchKeys) add('match', key);
  add('lasting', lastingKey);
  for (const [tenant, keys] of tenantKeys) for (const key of keys) add(`tenant ${tenant}`, key);
  return checks;
}

function kindOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/'));
}

function changed(why: string): KeyringError {
  return new KeyringError(
    'KEYS_CHANGED',
    `keys file: ${why}, and nothing that is known would be found again: put the keys file back that belongs to this data folder`,
  );
}

/** What cannot be read is no reason to refuse: nothing is known then. */
function decode(bytes: Uint8Array): Map<string, string> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return new Map(entries.flatMap(([name, check]) => (typeof check === 'string' ? [[name, check]] : [])));
  } catch {
    return new Map();
  }
}
