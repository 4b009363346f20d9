import { type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AnsweredRequestSchema,
  OutcomeMarkSchema,
  SignalMarkSchema,
  TokenMarkSchema,
} from '../../../src/gen/holdfast/store/v1/index_pb.js';
import * as codec from '../../../src/store/codec/index-codec.js';
import { pseudonym, record, retractionRecord, time, words } from './arbitraries.js';

function holds<T>(
  values: fc.Arbitrary<T>,
  schema: DescMessage,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
): void {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = encode(value);
      expect(Buffer.from(toBinary(schema, fromBinary(schema, bytes))).equals(bytes)).toBe(true);
      expect(decode(bytes)).toEqual(value);
    }),
  );
}

describe('what the state remembers of the log comes back as it was', () => {
  test('answered request', () => {
    const values = fc.record({ position: fc.maxSafeNat(), receivedAt: time });
    holds(values, AnsweredRequestSchema, codec.encodeAnsweredRequest, codec.decodeAnsweredRequest);
  });

  test('signal', () => {
    const values = fc.record({ digest: pseudonym, occurredAt: time });
    holds(values, SignalMarkSchema, codec.encodeSignalMark, codec.decodeSignalMark);
  });

  test('token', () => {
    const values = record<codec.TokenMark, 'seenAt' | 'cohort' | 'retraction'>(
      { seenAt: time, aliases: fc.array(pseudonym), cohort: pseudonym, retraction: retractionRecord },
      ['seenAt', 'cohort', 'retraction'],
    );
    holds(values, TokenMarkSchema, codec.encodeTokenMark, codec.decodeTokenMark);
  });

  test('outcome', () => {
    const values = fc.record({ label: words, reportedBy: words, observedAt: time });
    holds(values, OutcomeMarkSchema, codec.encodeOutcomeMark, codec.decodeOutcomeMark);
  });
});
