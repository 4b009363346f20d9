import { expect, test } from 'vitest';
import type { VerifiedToken } from '../../src/feed/claims.js';
import { SEQUENCE_VOID } from '../../src/feed/event-types.js';
import { type MappedToken, mapToken } from '../../src/feed/map-event.js';
import { NOW_MS } from '../identity/fixtures.js';
import { pseudonyms, registeredProvider } from './fixtures.js';

const TOKEN: VerifiedToken = {
  kind: 'verified',
  provider: 'att-feed',
  issuer: 'https://mail.att.example',
  tokenId: 'id',
  jti: 'void',
  issuedAt: NOW_MS,
  subject: { format: 'opaque', value: 'void-2-3' },
  eventType: SEQUENCE_VOID,
  event: {},
};

function map(said: Partial<VerifiedToken>): MappedToken {
  return mapToken({ ...TOKEN, ...said }, registeredProvider([]), { pseudonyms: pseudonyms(), now: NOW_MS });
}

test('a provider declares numbers below the token’s own void', () => {
  expect(map({ seq: 9, event: { from: 2, to: 8 } })).toEqual({ kind: 'sequence-void', range: [2, 8] });
  expect(map({ seq: 9, event: { from: 0, to: 0 } })).toEqual({ kind: 'sequence-void', range: [0, 0] });
});

test.each([
  ['numbers that are still to be given out', { from: 2, to: 9 }],
  ['a range backwards', { from: 3, to: 2 }],
  ['a negative number', { from: -1, to: 2 }],
  ['a fraction', { from: 1.5, to: 2 }],
  ['text', { from: '2', to: '3' }],
  ['no end', { from: 2 }],
])('%s can not be void', (_, event) => {
  expect(map({ seq: 9, event })).toMatchObject({ kind: 'refused', reason: 'EVENT_INVALID' });
});

test('a token without a number can not speak of numbers', () => {
  expect(map({ event: { from: 2, to: 3 } })).toMatchObject({ kind: 'refused', reason: 'EVENT_INVALID' });
});
