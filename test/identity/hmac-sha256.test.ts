import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSha256 } from '../../src/identity/hmac-sha256.js';

const platform = (secret: Uint8Array, text: string) =>
  createHmac('sha256', secret).update(text).digest('base64url');

describe('HMAC-SHA-256', () => {
  it('gives the values of RFC 4231, cases 1 and 2', () => {
    const first = hmacSha256(createSecretKey(Buffer.alloc(20, 0x0b)), 'Hi There');
    expect(Buffer.from(first, 'base64url').toString('hex')).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    );
    const second = hmacSha256(createSecretKey(Buffer.from('Jefe')), 'what do ya want for nothing?');
    expect(Buffer.from(second, 'base64url').toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('gives what the platform gives, for any key and text, one after the other', () => {
    const keys = Array.from({ length: 3 }, () => randomBytes(32));
    const objects = keys.map((secret) => createSecretKey(secret));
    fc.assert(
      fc.property(fc.nat(2), fc.string({ unit: 'binary', maxLength: 300 }), (at, text) => {
        const [secret, key] = [keys[at], objects[at]];
        if (secret === undefined || key === undefined) throw new Error('no key');
        expect(hmacSha256(key, text)).toBe(platform(secret, text));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([0, 1, 63, 64, 65, 1_364, 1_365, 1_366, 4_096, 4_097, 100_000])(
    'takes a text of %i characters',
    (length) => {
      const secret = randomBytes(32);
      const key = createSecretKey(secret);
      for (const character of ['a', 'é', '€', '\ud800']) {
        const text = character.repeat(length);
        expect(hmacSha256(key, text)).toBe(platform(secret, text));
      }
      expect(hmacSha256(key, 'short, after a long one')).toBe(platform(secret, 'short, after a long one'));
    },
  );

  it('refuses a key that would have to be hashed first', () => {
    expect(() => hmacSha256(createSecretKey(randomBytes(65)), '')).toThrow('at most 64 bytes');
    const secret = randomBytes(64);
    expect(hmacSha256(createSecretKey(secret), 'x')).toBe(platform(secret, 'x'));
  });
});
