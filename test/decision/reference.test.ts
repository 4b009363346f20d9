import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MailboxView } from '../../src/decision/evidence.js';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import { cohortArb, eventArb, formArb, inputArb, signalArb } from './arbitraries.js';
import { LINK, OTHER_LINK, TYPICAL_POLICY } from './fixtures.js';
import { policyArb } from './policy-arbitraries.js';
import { decide as decideSlowly } from './reference/decide.js';
import { explain as explainSlowly } from './reference/explain.js';

/** Many events about two mailboxes under several aliases, so that lists are long and times coincide. */
const crowdedMailboxesArb: fc.Arbitrary<readonly MailboxView[]> = fc
  .array(fc.tuple(fc.nat(1), formArb, fc.array(eventArb(), { maxLength: 25 })), { maxLength: 4 })
  .map((groups) =>
    [LINK, OTHER_LINK].map((link, index) => ({
      link,
      records: groups
        .filter(([place, , events]) => place === index && events.length > 0)
        .map(([, form, events]) => ({ form, record: { events, retractions: [] } })),
    })),
  );

const crowdedInputArb: fc.Arbitrary<AssessmentInput> = fc
  .record({
    input: inputArb,
    signals: fc.array(signalArb, { minLength: 10, maxLength: 40 }),
    mailboxes: crowdedMailboxesArb,
    cohorts: fc.array(cohortArb, { maxLength: 4 }),
    caps: fc.constantFrom<AssessmentInput['caps']>(
      undefined,
      undefined,
      [{ provider: 'att', most: 'HOLD', cause: 'MAX_DECISION' }],
      [{ provider: 'other', most: 'STEP_UP', cause: 'GOVERNED' }],
    ),
  })
  .map(({ input, signals, mailboxes, cohorts, caps }) => ({
    ...input,
    account: { ...input.account, signals, mailboxes: mailboxes.map(({ link }) => link) },
    mailboxes,
    cohorts,
    ...(caps !== undefined && { caps }),
  }));

const anyPolicyArb = fc.oneof(
  { weight: 3, arbitrary: policyArb },
  { weight: 1, arbitrary: fc.constant(TYPICAL_POLICY) },
);

function expectSame(input: AssessmentInput, policy: CompiledPolicy): void {
  const verdict = decide(input, policy);
  const slow = decideSlowly(input, policy);
  expect(verdict).toEqual(slow);
  expect(explain(input, policy, verdict)).toEqual(explainSlowly(input, policy, slow));
}

describe('decide and explain answer as the plain method does, which tries everything', () => {
  test('for small inputs full of coincidences', () => {
    fc.assert(fc.property(inputArb, anyPolicyArb, expectSame), { numRuns: 500 });
  });

  test('for crowded inputs', () => {
    fc.assert(fc.property(crowdedInputArb, anyPolicyArb, expectSame), { numRuns: 300 });
  });
});
