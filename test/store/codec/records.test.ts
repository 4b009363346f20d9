import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssessmentInputSchema } from '../../../src/gen/holdfast/store/v1/assessment_pb.js';
import {
  AccountLedgerSchema,
  AccountRecordSchema,
  CohortRecordSchema,
  KeptWithdrawalSchema,
  MailboxLinkSchema,
  MailboxRecordSchema,
} from '../../../src/gen/holdfast/store/v1/evidence_pb.js';
import { decodeAccount, encodeAccount, encodeLink } from '../../../src/store/codec/account-codec.js';
import { decodeCohort, encodeCohort } from '../../../src/store/codec/cohort-codec.js';
import { decodeInput, encodeInput } from '../../../src/store/codec/input-codec.js';
import { decodeAccountLedger, encodeAccountLedger } from '../../../src/store/codec/ledger-codec.js';
import { decodeMailbox, encodeMailbox } from '../../../src/store/codec/mailbox-codec.js';
import { decodeWithdrawal, encodeWithdrawal } from '../../../src/store/codec/withdrawal-codec.js';
import {
  accountRecord,
  assessmentInput,
  cohortRecord,
  heldRecord,
  ledgerRecord,
  mailboxLink,
  mailboxRecord,
  releaseRecord,
  time,
} from './arbitraries.js';

/** What the generated code makes of our bytes, written again by the generated code. */
function rewritten<D extends DescMessage>(schema: D, bytes: Uint8Array): Buffer {
  const message: MessageShape<D> = fromBinary(schema, bytes);
  return Buffer.from(toBinary(schema, message));
}

function holds<T>(
  values: fc.Arbitrary<T>,
  schema: DescMessage,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
): void {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = encode(value);
      expect(rewritten(schema, bytes).equals(bytes)).toBe(true);
      expect(decode(bytes)).toEqual(value);
      expect(decode(new Uint8Array(bytes))).toEqual(value);
    }),
  );
}

describe('records by hand equal the generated encoding and come back as they were', () => {
  test('account', () => holds(accountRecord, AccountRecordSchema, encodeAccount, decodeAccount));
  test('ledger', () => {
    const values = fc.record({ ledger: ledgerRecord, latestPosition: fc.maxSafeNat(), latestAt: time });
    holds(values, AccountLedgerSchema, encodeAccountLedger, decodeAccountLedger);
  });
  test('withdrawal', () => {
    const values = fc.oneof(
      fc.record({ hold: heldRecord, release: releaseRecord }, { requiredKeys: [] }),
      fc.constant({}),
    );
    holds(values, KeptWithdrawalSchema, encodeWithdrawal, decodeWithdrawal);
  });
  test('mailbox', () => holds(mailboxRecord, MailboxRecordSchema, encodeMailbox, decodeMailbox));
  test('cohort', () => holds(cohortRecord, CohortRecordSchema, encodeCohort, decodeCohort));
  test('assessment input', () => holds(assessmentInput, AssessmentInputSchema, encodeInput, decodeInput));

  test('an assessment input whose views are of the account’s own mailboxes has them once', () => {
    fc.assert(
      fc.property(assessmentInput, mailboxLink, (input, other) => {
        const { mailboxes } = input.account;
        const gathered = { ...input, mailboxes: mailboxes.map((link) => ({ link, records: [] })) };
        const bytes = encodeInput(gathered);
        expect(rewritten(AssessmentInputSchema, bytes).equals(bytes)).toBe(true);
        const back = decodeInput(bytes);
        expect(back).toEqual(gathered);
        expect(back.mailboxes.every((view, index) => view.link === back.account.mailboxes[index])).toBe(true);
        const moved = { ...gathered, mailboxes: [{ link: other, records: [] }, ...gathered.mailboxes] };
        expect(decodeInput(encodeInput(moved))).toEqual(moved);
      }),
    );
  });

  test('mailbox link', () => {
    fc.assert(
      fc.property(mailboxLink, (link) => {
        const bytes = encodeLink(link);
        expect(rewritten(MailboxLinkSchema, bytes).equals(bytes)).toBe(true);
      }),
    );
  });
});

describe('records that are not as expected', () => {
  test('an older reader carries a newer word unharmed', () => {
    const bytes = Buffer.from(
      toBinary(
        AccountRecordSchema,
        fromBinary(AccountRecordSchema, Buffer.from([0x0a, 0x07, 0x0a, 0x05, ...Buffer.from('NEWER')])),
      ),
    );
    const account = decodeAccount(bytes);
    expect(account.signals.map((signal) => signal.type)).toEqual(['NEWER']);
    expect(bytes.equals(encodeAccount(account))).toBe(true);
  });

  test('unknown fields of every wire type are skipped', () => {
    const unknown = [
      [0xf8, 0x07, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8],
      [0xfa, 0x07, 2, 1, 2],
      [0xfd, 0x07, 1, 2, 3, 4],
    ].flat();
    const ledger = { spends: [], holds: [{ withdrawal: 'w', firstHeldAt: 5 }], releases: [] };
    const record = { ledger, latestPosition: 7, latestAt: 5 };
    const known = encodeAccountLedger(record);
    expect(decodeAccountLedger(Buffer.from([...unknown, ...known]))).toEqual(record);
  });

  test('bytes cut short are an error with a code, never half a record', () => {
    fc.assert(
      fc.property(accountRecord, fc.nat(), (account, seed) => {
        const bytes = encodeAccount(account);
        fc.pre(bytes.length > 0);
        const length = seed % bytes.length;
        try {
          const cut = decodeAccount(bytes.subarray(0, length));
          // Cut between two elements it is a shorter, whole record.
          expect(encodeAccount(cut).length).toBe(length);
        } catch (error) {
          expect(error).toMatchObject({ name: 'StoreError', code: 'STATE_CORRUPT' });
        }
      }),
    );
  });

  test.each([
    ['a group', [0x0b]],
    ['an endless number', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a tag that is too long', [0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['packed numbers cut short', [0x12, 0x04, 0x12, 0x02, 1, 2]],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeAccount(Buffer.from(bytes))).toThrow(
      expect.objectContaining({ code: 'STATE_CORRUPT' }),
    );
  });
});
