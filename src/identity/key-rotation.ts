import { newKey, type RandomBytes } from './key-file-format.js';
import { type Keyring, KeyringError, type LiveKeys, type OwnKey } from './keyring.js';

const DAY_MS = 86_400_000;

/**
 * A key stays live this long after it was superseded: a mailbox of an account is forgotten 30 days after its last use,
 * so by then each one that still counts has been named again and has aliases under the newer key.
 */
export const KEY_OVERLAP_MS = 30 * DAY_MS;

/** The match keys, or the keys of one tenant. */
export type RotatedKeys = { readonly of: 'match' } | { readonly of: 'tenant'; readonly tenant: string };

export type KeyRotation =
  | {
      readonly kind: 'rotated';
      readonly keyring: Keyring;
      readonly newId: string;
      readonly droppedId?: string;
    }
  /** The key that would be dropped was superseded less than 30 days ago. */
  | { readonly kind: 'too-early'; readonly notBefore: number };

/**
 * Adds a new newest key and drops all but the one before it. The lasting key is never rotated.
 *
 * @throws KeyringError code `TENANT_KEY_MISSING` if the tenant has no keys
 */
export function rotateKey(
  keyring: Keyring,
  which: RotatedKeys,
  randomBytes: RandomBytes,
  nowMs: number,
): KeyRotation {
  const keys = which.of === 'match' ? keyring.matchKeys : keyring.tenantKeys.get(which.tenant);
  if (keys === undefined) throw new KeyringError('TENANT_KEY_MISSING', 'the tenant has no keys');
  const [newest, older] = keys;
  const notBefore = newest.createdAt + KEY_OVERLAP_MS;
  if (older !== undefined && nowMs < notBefore) return { kind: 'too-early', notBefore };

  // A clock that went back must not make the new key look like the older one.
  const added = newKey(idAfter(newest, older), randomBytes, Math.max(nowMs, newest.createdAt));
  const live: LiveKeys = [added, newest];
  const rotated: Keyring =
    which.of === 'match'
      ? { ...keyring, matchKeys: live }
      : { ...keyring, tenantKeys: new Map(keyring.tenantKeys).set(which.tenant, live) };
  return {
    kind: 'rotated',
    keyring: rotated,
    newId: added.id,
    ...(older === undefined ? {} : { droppedId: older.id }),
  };
}

/** `k2` after `k1`; after an id of another shape, one that none of the live keys has. */
function idAfter(newest: OwnKey, older: OwnKey | undefined): string {
  const count = /^k([0-9]{1,6})$/.exec(newest.id)?.[1];
  let next = count === undefined ? 2 : Number(count) + 1;
  while (`k${next}` === newest.id || `k${next}` === older?.id) next += 1;
  return `k${next}`;
}
