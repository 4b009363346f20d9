import { createSecretKey } from 'node:crypto';
import {
  type HmacKey,
  type Keyring,
  type MailAddress,
  OperatorDirectory,
  type OwnKey,
  type ProviderCoverage,
  Pseudonyms,
  readMailAddress,
} from '../../src/identity/index.js';

/** 2026-11-24T00:00:00Z. */
export const NOW_MS = 1_795_478_400_000;

/** A key whose bytes count up from `seed`: different for each seed, and never all the same byte. */
export function keyBytes(seed: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => (seed + index) % 256);
}

export function ownKey(id: string, seed: number, createdAt = NOW_MS): OwnKey {
  return { id, secret: createSecretKey(keyBytes(seed)), createdAt };
}

export function pairKey(id: string, seed: number): HmacKey {
  return { id, secret: createSecretKey(keyBytes(seed)) };
}

export const KEYRING: Keyring = {
  matchKeys: [ownKey('k1', 1)],
  lastingKey: ownKey('k1', 2),
  tenantKeys: new Map([
    ['default', [ownKey('k1', 3)]],
    ['other', [ownKey('k1', 4)]],
  ]),
  pairKeys: new Map([
    ['att-feed', [pairKey('p1', 5)]],
    ['acme', [pairKey('p2', 6), pairKey('p1', 7)]],
  ]),
};

export const REGISTRY: readonly ProviderCoverage[] = [
  { id: 'att-feed', operator: 'att' },
  { id: 'acme', domains: ['mail.acme.example', 'acme.example'] },
];

export function pseudonymsOf(keyring: Keyring = KEYRING, registry = REGISTRY): Pseudonyms {
  const directory = new OperatorDirectory().withRegistry(registry);
  return new Pseudonyms(keyring, directory, { cacheBytes: 1_000_000 });
}

/** The checked form of an address that the test knows to be valid. */
export function addressOf(text: string): MailAddress {
  const reading = readMailAddress(text);
  if (reading.kind === 'invalid') throw new Error(`the test's address is invalid: ${reading.cause}`);
  return reading.address;
}

/** A counter in place of randomness: every call gives other bytes. */
export function countingBytes(): (byteCount: number) => Uint8Array {
  let call = 0;
  return (byteCount) => {
    call += 1;
    return Uint8Array.from({ length: byteCount }, (_, index) => (call * 37 + index) % 256);
  };
}
