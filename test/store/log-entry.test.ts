import { crc32 } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogEntrySchema } from '../../src/gen/holdfast/store/v1/log_pb.js';
import { decodeLogEntry, encodeLogEntry } from '../../src/store/log-entry.js';

const time = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 48 }));

const envelope = fc.record(
  {
    kind: fc.string({ maxLength: 40, unit: 'grapheme' }),
    id: fc.oneof(fc.uuid({ version: 7 }), fc.constant('')),
    tenant: fc.string({ maxLength: 200, unit: 'grapheme' }),
    receivedAt: time,
    unconfirmedAt: time,
    payload: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 127, maxLength: 20_000 })),
  },
  { requiredKeys: ['kind', 'id', 'tenant', 'receivedAt', 'payload'] },
);

describe('envelope of a log entry', () => {
  it('is what the generated encoder writes', () => {
    fc.assert(
      fc.property(envelope, (given) => {
        const { kind, id, tenant, receivedAt, unconfirmedAt, payload } = given;
        const message = create(LogEntrySchema, {
          format: 1,
          kind,
          id,
          tenant,
          receivedAtMs: receivedAt,
          payload,
          payloadCrc32: crc32(payload),
          ...(unconfirmedAt === undefined ? {} : { unconfirmedAtMs: unconfirmedAt }),
        });
        const written = Buffer.from(encodeLogEntry(given));
        expect(written.toString('hex')).toBe(Buffer.from(toBinary(LogEntrySchema, message)).toString('hex'));
      }),
    );
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(envelope, (written) => {
        const read = decodeLogEntry(7, encodeLogEntry(written));
        expect({ ...read, payload: Buffer.from(read.payload).toString('hex') }).toEqual({
          ...written,
          payload: Buffer.from(written.payload).toString('hex'),
        });
      }),
    );
  });

  it('is read as the generated decoder reads it, with fields to come in any place', () => {
    const toCome = fc.constantFrom<readonly number[]>([], [0xf8, 0x07, 0x05], [0xfa, 0x07, 0x02, 0x01, 0x02]);
    fc.assert(
      fc.property(envelope, toCome, toCome, (written, before, after) => {
        const bytes = Buffer.from([...before, ...encodeLogEntry(written), ...after]);
        const { kind, id, tenant, receivedAtMs, unconfirmedAtMs, payload } = fromBinary(
          LogEntrySchema,
          bytes,
        );
        const read = decodeLogEntry(7, bytes);
        expect({ ...read, payload: Buffer.from(read.payload).toString('hex') }).toEqual({
          ...{ kind, id, tenant, receivedAt: receivedAtMs },
          ...(unconfirmedAtMs === undefined ? {} : { unconfirmedAt: unconfirmedAtMs }),
          payload: Buffer.from(payload).toString('hex'),
        });
      }),
    );
  });

  it('is refused when any bit of the payload is another', () => {
    const payload = Buffer.from('who asked, and what we said');
    const bytes = encodeLogEntry({ kind: 'assessment', id: 'i', tenant: 't', receivedAt: 5, payload });
    const payloadAt = Buffer.from(bytes).indexOf(payload);
    for (let bit = 0; bit < payload.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      const at = payloadAt + (bit >> 3);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
      expect(() => decodeLogEntry(42, damaged)).toThrow(/log entry 42 is damaged/);
    }
  });

  it('is refused, with the way out, when it is cut off or of a format to come', () => {
    const bytes = encodeLogEntry({
      kind: 'k',
      id: 'i',
      tenant: 't',
      receivedAt: 5,
      payload: Buffer.from('p'),
    });
    const failure = { code: 'LOG_CORRUPT', message: expect.stringContaining('holdfast restore') };
    expect(() => decodeLogEntry(1, bytes.subarray(0, bytes.length - 3))).toThrow(
      expect.objectContaining(failure),
    );
    const later = toBinary(LogEntrySchema, create(LogEntrySchema, { format: 2 }));
    expect(() => decodeLogEntry(1, later)).toThrow(/format 2/);
    expect(() => decodeLogEntry(1, new Uint8Array())).toThrow(expect.objectContaining(failure));
  });
});
