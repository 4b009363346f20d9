import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { itemsOf, readSlice } from '../../../src/audit/simulation/replay-slice.js';
import { encodeEntry } from '../../../src/store/codec/entries.js';
import { RecordReader } from '../../../src/store/codec/record-reader.js';
import { encodeLogEntry } from '../../../src/store/log-entry.js';
import { assessmentBody } from '../../store/codec/arbitraries.js';

const TENANTS = ['default', 'another'] as const;

const recordedEntry = fc.record({
  id: fc.uuid({ version: 7 }),
  tenant: fc.constantFrom(...TENANTS),
  receivedAt: fc.integer({ min: 1, max: 2 ** 43 }),
  body: assessmentBody,
});

describe('assessments of a slice', () => {
  test('have the input that was recorded, whatever lies beside them in the slice', () => {
    fc.assert(
      fc.property(fc.array(recordedEntry, { maxLength: 8 }), (recorded) => {
        const entries = recorded.map(({ body, ...head }) =>
          encodeLogEntry({ ...head, kind: 'assessment', payload: encodeEntry(body) }),
        );
        const positions = entries.map((_, index) => index + 1);
        const source = { head: entries.length, get: (position: number) => entries[position - 1] };
        const slice = readSlice(source, { positions, outcomes: new Map() }, 0);
        const items = [...itemsOf(slice, 'default', new Map())];
        expect(items).toEqual(
          recorded
            .filter(({ tenant }) => tenant === 'default')
            .map(({ id, receivedAt, body }) => ({ id, at: receivedAt, input: body.input })),
        );
      }),
    );
  });

  test('a part that was not opened is refused', () => {
    const reader = new RecordReader(new Uint8Array(10));
    reader.open(2, 8);
    for (const [start, end] of [
      [1, 4],
      [4, 9],
      [5, 4],
    ] as const) {
      expect(() => reader.narrow(start, end)).toThrow(RangeError);
    }
  });
});
