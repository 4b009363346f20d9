import { Metadata, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Intake } from '../../src/server/intake.js';
import { REQUEST_TIMEOUT_MS } from '../../src/server/limits.js';

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];

/** What grpc-js has below an interceptor. */
class BelowCall implements ServerInterceptingCallInterface {
  listener: Listener | undefined;
  readonly statuses: (number | undefined)[] = [];
  closed = false;
  readonly stream = {
    close: () => {
      this.closed = true;
    },
  };
  start(listener: Listener) {
    this.listener = listener;
  }
  sendMetadata() {}
  sendMessage(_message: unknown, callback: () => void) {
    callback();
  }
  sendStatus(sent: Parameters<ServerInterceptingCallInterface['sendStatus']>[0]) {
    this.statuses.push(sent.code);
  }
  startRead() {}
  getPeer = () => 'peer';
  getDeadline = () => Number.POSITIVE_INFINITY;
  getHost = () => 'host';
  getAuthContext = () => ({});
  getConnectionInfo = () => ({});
  getMetricsRecorder(): never {
    throw new Error('not used');
  }
}

const METHOD = {
  path: '/S/M',
  requestStream: false,
  responseStream: false,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
};

function silent(): Listener {
  return { onReceiveMetadata() {}, onReceiveMessage() {}, onReceiveHalfClose() {}, onCancel() {} };
}

function begin(intake: Intake, below = new BelowCall(), method = METHOD): BelowCall {
  intake.interceptor(method, below).start(silent());
  return below;
}

const later = () => performance.now() + REQUEST_TIMEOUT_MS + 1;

describe('requests that are not completed', () => {
  test('are ended on both sides when their time is up, not before', () => {
    const intake = new Intake();
    const call = begin(intake);
    intake.sweep(performance.now() + REQUEST_TIMEOUT_MS - 500);
    expect(call.statuses).toEqual([]);
    intake.sweep(later());
    expect(call.statuses).toEqual([status.DEADLINE_EXCEEDED]);
    expect(call.closed).toBe(true);
    expect(intake.waitingCount).toBe(0);
  });

  test('are left alone where the client may go on sending', () => {
    const intake = new Intake();
    const call = begin(intake, new BelowCall(), { ...METHOD, requestStream: true });
    intake.sweep(later());
    expect(call.statuses).toEqual([]);
    expect(intake.waitingCount).toBe(0);
  });

  test('a stream that cannot be found is answered all the same', () => {
    const intake = new Intake();
    const call = begin(intake, Object.assign(new BelowCall(), { stream: undefined }));
    intake.sweep(later());
    expect(call.statuses).toEqual([status.DEADLINE_EXCEEDED]);
  });

  test('exactly those that were not completed are ended, in whatever order the others were (property)', () => {
    const steps = fc.array(fc.oneof(fc.constant('begin' as const), fc.nat()), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (plan) => {
        const intake = new Intake();
        const open: BelowCall[] = [];
        const completed: BelowCall[] = [];
        for (const step of plan) {
          if (step === 'begin') open.push(begin(intake));
          else {
            const [call] = open.splice(step % Math.max(open.length, 1), 1);
            call?.listener?.onReceiveHalfClose();
            if (call !== undefined) completed.push(call);
          }
          expect(intake.waitingCount).toBe(open.length);
        }
        intake.sweep(later());
        expect(intake.waitingCount).toBe(0);
        expect(open.every((call) => call.closed)).toBe(true);
        expect(completed.some((call) => call.closed)).toBe(false);
      }),
    );
  });
});

describe('metadata', () => {
  function sizeOf(metadata: Metadata): 'passed' | number | undefined {
    const intake = new Intake();
    let passed = false;
    const below = new BelowCall();
    const listener = {
      ...silent(),
      onReceiveMetadata() {
        passed = true;
      },
    };
    intake.interceptor(METHOD, below).start(listener);
    below.listener?.onReceiveMetadata(metadata);
    return passed ? 'passed' : below.statuses[0];
  }

  test('of 8 KiB passes, of one byte more does not', () => {
    const metadata = new Metadata();
    metadata.set('k', 'v'.repeat(8_191));
    expect(sizeOf(metadata)).toBe('passed');
    metadata.set('k', 'v'.repeat(8_192));
    expect(sizeOf(metadata)).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('counts all values of a name', () => {
    const metadata = new Metadata();
    for (let i = 0; i < 9; i += 1) metadata.add('k', 'v'.repeat(1_000));
    expect(sizeOf(metadata)).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('binary values count as they travel, in base64', () => {
    const metadata = new Metadata();
    metadata.set('k-bin', Buffer.alloc(6_138));
    expect(sizeOf(metadata)).toBe('passed');
    metadata.set('k-bin', Buffer.alloc(6_141));
    expect(sizeOf(metadata)).toBe(status.RESOURCE_EXHAUSTED);
  });
});
