import { type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AssessmentEntrySchema,
  ClientDecisionEntrySchema,
  GovernorLiftEntrySchema,
  OutcomeEntrySchema,
  PolicyActivationEntrySchema,
  PolicyRevisionEntrySchema,
  PolicyShadowEntrySchema,
  ProviderEventEntrySchema,
  ReleaseEntrySchema,
  SignalEntrySchema,
} from '../../../src/gen/holdfast/store/v1/log_pb.js';
import {
  decodeEntry,
  type EntryKind,
  encodeEntry,
  type JournalEntryBody,
  type PolicyActivationBody,
  type PolicyRevisionBody,
  type ProviderEventBody,
} from '../../../src/store/codec/entries.js';
import {
  assessmentBody,
  cohortRecord,
  providerEventRecord,
  providerWord,
  pseudonym,
  record,
  reportedSignal,
  retractionRecord,
  time,
  words,
} from './arbitraries.js';

const providerEvent = record<ProviderEventBody, 'seq'>(
  {
    kind: fc.constant('provider-event' as const),
    provider: pseudonym,
    tokenId: pseudonym,
    seq: fc.maxSafeNat(),
    content: fc.oneof(
      fc.record({ kind: fc.constant('event' as const), alias: pseudonym, event: providerEventRecord }),
      fc.record({ kind: fc.constant('cohort' as const), cohort: cohortRecord }),
      fc.record({ kind: fc.constant('retraction' as const), retraction: retractionRecord }),
      fc.record({ kind: fc.constant('unknown-type' as const), type: fc.string() }),
    ),
  },
  ['seq'],
);

const number = fc.nat({ max: 2 ** 32 - 1 });

const KINDS: Readonly<Record<EntryKind, { schema: DescMessage; bodies: fc.Arbitrary<JournalEntryBody> }>> = {
  signal: {
    schema: SignalEntrySchema,
    bodies: reportedSignal.map((reported) => ({ kind: 'signal', ...reported })),
  },
  'provider-event': { schema: ProviderEventEntrySchema, bodies: providerEvent },
  assessment: { schema: AssessmentEntrySchema, bodies: assessmentBody },
  'policy-revision': {
    schema: PolicyRevisionEntrySchema,
    bodies: record<PolicyRevisionBody, 'activates' | 'cases'>(
      {
        kind: fc.constant('policy-revision' as const),
        number,
        hash: pseudonym,
        text: fc.string(),
        author: words,
        message: words,
        parent: number,
        activates: fc.constant(true as const),
        cases: fc.array(fc.record({ name: words, text: fc.string() }), { minLength: 1, maxLength: 3 }),
      },
      ['activates', 'cases'],
    ),
  },
  'policy-activation': {
    schema: PolicyActivationEntrySchema,
    bodies: record<PolicyActivationBody, 'rollback' | 'override'>(
      {
        kind: fc.constant('policy-activation' as const),
        number,
        previous: number,
        actor: words,
        reason: words,
        rollback: fc.constant(true as const),
        override: fc.record({ reason: words, failedCaseCount: fc.integer({ min: 1, max: 1_000 }) }),
      },
      ['rollback', 'override'],
    ),
  },
  'policy-shadow': {
    schema: PolicyShadowEntrySchema,
    bodies: fc.record({
      kind: fc.constant('policy-shadow' as const),
      number,
      starts: fc.boolean(),
      actor: words,
      reason: words,
    }),
  },
  'governor-lift': {
    schema: GovernorLiftEntrySchema,
    bodies: fc
      .tuple(providerWord, words, words)
      .map(([word, actor, reason]) => ({ kind: 'governor-lift', ...word, actor, reason })),
  },
  release: {
    schema: ReleaseEntrySchema,
    bodies: fc.record({
      kind: fc.constant('release' as const),
      accountId: words,
      release: fc.record({
        withdrawal: pseudonym,
        destination: pseudonym,
        ceiling: fc.maxSafeNat(),
        releasedAt: time,
      }),
      actor: words,
      reason: words,
    }),
  },
  'client-decision': {
    schema: ClientDecisionEntrySchema,
    bodies: fc.record({
      kind: fc.constant('client-decision' as const),
      requestId: words,
      digest: pseudonym,
      request: fc.record({
        withdrawalId: words,
        withdrawal: pseudonym,
        accountId: words,
        asset: words,
        amount: words,
        destination: fc.record({ id: pseudonym, suffix: words, network: words }),
      }),
      decision: fc.constantFrom('ALLOW' as const, 'HOLD' as const),
      decidedAt: time,
      cause: words,
      policyNumber: fc.nat(),
      client: words,
    }),
  },
  outcome: {
    schema: OutcomeEntrySchema,
    bodies: fc.record({
      kind: fc.constant('outcome' as const),
      assessmentId: pseudonym,
      label: words,
      reportedBy: words,
      observedAt: time,
    }),
  },
};

describe('entries equal the generated encoding and come back as they were', () => {
  test.each(Object.entries(KINDS))('%s', (kind, { schema, bodies }) => {
    fc.assert(
      fc.property(bodies, (body) => {
        const payload = encodeEntry(body);
        const generated = Buffer.from(toBinary(schema, fromBinary(schema, payload)));
        expect(generated.equals(payload)).toBe(true);
        const back = decodeEntry(kind, payload);
        // Views on a Buffer are Buffers: compare what they hold.
        if (back.kind === 'assessment') {
          expect({ ...back, response: new Uint8Array(back.response) }).toEqual(body);
        } else expect(back).toEqual(body);
      }),
    );
  });
});

describe('entries that this version cannot read', () => {
  test('a kind that only a newer version knows is carried', () => {
    expect(decodeEntry('travel-notice', Buffer.from([1, 2, 3]))).toEqual({ kind: 'unknown' });
  });

  test('a provider event with a body that only a newer version knows has no effect', () => {
    const payload = Buffer.from([0x32, 0x01, 0x74, 0x4a, 0x00]);
    expect(decodeEntry('provider-event', payload)).toEqual({
      kind: 'provider-event',
      provider: '',
      tokenId: 't',
      content: { kind: 'unknown-type', type: '' },
    });
  });

  test.each(Object.keys(KINDS))('a damaged %s is an error with a code', (kind) => {
    expect(() => decodeEntry(kind, Buffer.from([0x0a, 0x7f, 0x01]))).toThrow(
      expect.objectContaining({ name: 'StoreError', code: 'LOG_CORRUPT' }),
    );
  });
});
