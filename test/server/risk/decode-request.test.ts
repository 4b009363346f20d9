import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { decodeUsualRequest } from '../../../src/server/risk/decode-request.js';
import { requestsWithoutSignals } from './requests-without-signals.js';

/** As the service decodes what this decoder leaves to it. */
const OPTIONS = { readUnknownFields: false, recursionLimit: 20 };

const usual = requestsWithoutSignals('binary-ascii');

function encoded(request: AssessWithdrawalRequest): Buffer {
  return Buffer.from(toBinary(AssessWithdrawalRequestSchema, request));
}

/** What this decoder reads, the generated one reads too, and to the same. */
function expectAgreement(bytes: Buffer): void {
  const read = decodeUsualRequest(bytes);
  if (read === undefined) return;
  const wanted = fromBinary(AssessWithdrawalRequestSchema, bytes, OPTIONS);
  expect(read).toEqual(wanted);
  expect(Buffer.from(toBinary(AssessWithdrawalRequestSchema, read))).toEqual(
    Buffer.from(toBinary(AssessWithdrawalRequestSchema, wanted)),
  );
}

describe('usual requests', () => {
  test('are read as the generated decoder reads them', () => {
    fc.assert(
      fc.property(usual, (request) => {
        const bytes = encoded(request);
        expect(decodeUsualRequest(bytes)).toBeDefined();
        expectAgreement(bytes);
      }),
    );
  });

  test('a changed, cut or lengthened request is left to the generated decoder or read the same', () => {
    const change = fc.record({
      at: fc.nat({ max: 400 }),
      byte: fc.nat({ max: 255 }),
      keep: fc.nat({ max: 400 }),
    });
    fc.assert(
      fc.property(usual, fc.array(change, { minLength: 1, maxLength: 3 }), (request, changes) => {
        const bytes = encoded(request);
        for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        expectAgreement(bytes);
        expectAgreement(bytes.subarray(0, changes[0]?.keep));
        expectAgreement(Buffer.concat([bytes, Buffer.from(changes.map(({ byte }) => byte))]));
      }),
      { numRuns: 1_500 },
    );
  });

  test('any bytes at all are left alone or read the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => expectAgreement(Buffer.from(bytes))),
      { numRuns: 3_000 },
    );
  });
});

describe('what is left to the generated decoder', () => {
  const plain = create(AssessWithdrawalRequestSchema, { accountId: 'a', destination: { address: 'x' } });

  test.each([
    ['a text beyond ASCII', encoded(create(AssessWithdrawalRequestSchema, { email: 'ü@example.com' }))],
    ['signals', encoded(create(AssessWithdrawalRequestSchema, { signals: [{ signalId: 's' }] }))],
    [
      'a time before 1970',
      encoded(create(AssessWithdrawalRequestSchema, { account: { openedAt: { seconds: -1n } } })),
    ],
    ['a nested message that comes twice', Buffer.concat([encoded(plain), encoded(plain)])],
    ['a field we do not know', Buffer.concat([encoded(plain), Buffer.from([0x7a, 0x01, 0x61])])],
    ['a field with a wrong wire type', Buffer.from([0x08, 0x01])],
    ['a cut text', encoded(plain).subarray(0, 2)],
  ])('%s', (_what, bytes) => {
    expect(decodeUsualRequest(bytes)).toBeUndefined();
  });
});
