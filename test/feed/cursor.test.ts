import { describe, expect, test } from 'vitest';
import { connectionOptions, isProductionVersion } from '../../src/feed/broker.js';
import { decodeCursor, encodeCursor, judgeStream } from '../../src/feed/cursor.js';
import { READ_SETTINGS } from '../../src/feed/session.js';

const CURSOR = { created: 'monday', sequence: 10, digest: 'abc' };
const STREAM = { created: 'monday', firstSequence: 1, lastSequence: 12 };

describe('whether the stream is the one we were reading', () => {
  test.each([
    ['no cursor', undefined, STREAM, undefined, { kind: 'start' }],
    ['as we left it', CURSOR, STREAM, 'abc', { kind: 'continue', after: 10 }],
    ['nothing new', CURSOR, { ...STREAM, lastSequence: 10 }, 'abc', { kind: 'continue', after: 10 }],
    [
      'our place has left it by age',
      CURSOR,
      { ...STREAM, firstSequence: 11 },
      undefined,
      { kind: 'continue', after: 10 },
    ],
    ['nothing taken in yet', { ...CURSOR, sequence: 0 }, STREAM, undefined, { kind: 'start' }],
    [
      'another stream',
      CURSOR,
      { ...STREAM, created: 'tuesday' },
      'abc',
      { kind: 'reset', cause: 'RECREATED' },
    ],
    ['shorter', CURSOR, { ...STREAM, lastSequence: 9 }, undefined, { kind: 'reset', cause: 'ROLLED_BACK' }],
    ['another message at our place', CURSOR, STREAM, 'xyz', { kind: 'reset', cause: 'REWRITTEN' }],
  ])('%s', (_, cursor, stream, digest, judgement) => {
    expect(judgeStream(cursor, stream, digest)).toEqual(judgement);
  });

  test('a cursor survives being stored; an unreadable one means from the start', () => {
    expect(decodeCursor(encodeCursor(CURSOR))).toEqual(CURSOR);
    expect(decodeCursor(new Uint8Array([123]))).toBeUndefined();
    expect(decodeCursor(Buffer.from('{"created":1}'))).toBeUndefined();
  });
});

describe('what is asked of a broker', () => {
  test.each([
    ['2.9.10', false],
    ['2.12.5', false],
    ['2.12.6', true],
    ['2.15.1', true],
    ['2.15.1-RC.2', true],
    ['3.0.0', true],
    ['', false],
  ])('version %s is for production: %s', (version, isProduction) => {
    expect(isProductionVersion(version)).toBe(isProduction);
  });

  test.each([
    [
      ['nats://a:b%40c@one:4222', 'nats://two'],
      { servers: ['nats://one:4222', 'nats://two'], user: 'a', pass: 'b@c' },
    ],
    [['tls://secret@one'], { servers: ['tls://one'], token: 'secret', tls: {} }],
    [['one:4222'], { servers: ['nats://one:4222'] }],
  ])('credentials in %o do not stay in the addresses', (servers, options) => {
    expect(connectionOptions({ servers, name: 'x' }, {})).toMatchObject(options);
  });

  test('the settings that matter in an outage', () => {
    const options = connectionOptions({ servers: ['nats://127.0.0.1:1'], name: 'replica-1' }, {});
    expect(options).toMatchObject({
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      maxPingOut: 2,
      name: 'replica-1',
    });
    expect(options.pingInterval).toBeLessThanOrEqual(5_000);
    expect(READ_SETTINGS.apiTimeoutMs).toBeLessThanOrEqual(1_000);
    expect(READ_SETTINGS.expiresMs).toBeLessThanOrEqual(2_000);
    expect(READ_SETTINGS.checkIntervalMs).toBeLessThanOrEqual(10_000);
  });
});
