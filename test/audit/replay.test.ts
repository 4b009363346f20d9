import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type RecordedAssessment,
  type ReplayParts,
  readAssessment,
  replayAssessment,
} from '../../src/audit/index.js';
import { decide, ENGINE_VERSION, explain } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import type { Explanation, Verdict } from '../../src/decision/verdict.js';
import { encodeAnswer } from '../../src/server/risk/answer.js';
import { inputArb } from '../decision/arbitraries.js';
import { inputOf, TYPICAL_POLICY, thiefRequest } from '../decision/fixtures.js';
import { bodyFor, RecordedLog } from './recorded.js';

const ENGINE = { version: ENGINE_VERSION, decide, explain };

function render(
  recorded: Pick<RecordedAssessment, 'id' | 'body'>,
  verdict: Verdict,
  explanation: Explanation | undefined,
): Uint8Array {
  return encodeAnswer({
    assessmentId: recorded.id,
    verdict,
    explanation,
    policyNumber: recorded.body.policyNumber,
    policyHash: recorded.body.policyHash,
    asOf: 'as-of',
    feeds: recorded.body.input.feeds,
  });
}

function parts(policy: CompiledPolicy = TYPICAL_POLICY): ReplayParts {
  return {
    engine: ENGINE,
    render,
    policyWith: (hash) => (hash === TYPICAL_POLICY.hash ? policy : undefined),
  };
}

/** Decides as the service does, writes the entry to a log and reads it back. */
function recordedFrom(input: AssessmentInput): RecordedAssessment {
  const verdict = decide(input, TYPICAL_POLICY);
  const isExplained = verdict.decision === 'HOLD' || verdict.decision === 'STEP_UP';
  const body = bodyFor('a', {
    input,
    decision: verdict.decision,
    policyHash: TYPICAL_POLICY.hash,
    engineVersion: ENGINE_VERSION,
  });
  const response = render(
    { id: 'id-1', body },
    verdict,
    isExplained ? explain(input, TYPICAL_POLICY, verdict) : undefined,
  );
  const recorded = readAssessment(new RecordedLog().append('t', { ...body, response }), 't');
  if (recorded === undefined) throw new Error('not recorded');
  return recorded;
}

describe('I1 same input, same answer', () => {
  test('a recorded assessment replays to the same bytes', () => {
    fc.assert(
      fc.property(inputArb, (input) => {
        expect(replayAssessment(recordedFrom(input), parts())).toMatchObject({
          kind: 'replayed',
          outcome: 'IDENTICAL',
          identical: true,
          engineVersionDiffers: false,
          differences: [],
        });
      }),
    );
  });
});

describe('replays that do not come out alike', () => {
  const recorded = recordedFrom(inputOf({ request: thiefRequest() }));

  test('name each field that differs, as it was and as it is', () => {
    const other = { ...recorded, id: 'another' };
    expect(replayAssessment(other, parts())).toMatchObject({
      kind: 'replayed',
      identical: false,
      differences: [{ field: 'assessment_id', recorded: '"id-1"', replayed: '"another"' }],
    });
  });

  test('a field that is only on one side is absent on the other', () => {
    const nameless = { ...recorded, id: '' };
    expect(replayAssessment(nameless, parts())).toMatchObject({
      differences: [{ field: 'assessment_id', recorded: '"id-1"' }],
    });
    const empty = { ...recorded, body: { ...recorded.body, response: new Uint8Array(0) } };
    const result = replayAssessment(empty, parts());
    expect(result.kind === 'replayed' && result.differences.map((one) => one.recorded)).not.toContain(
      '"id-1"',
    );
    expect(result).toMatchObject({
      differences: expect.arrayContaining([{ field: 'assessment_id', replayed: '"id-1"' }]),
    });
  });

  test('a record of another version of the engine is VERSION_DIFFERS, though the same bytes come out', () => {
    const older = { ...recorded, body: { ...recorded.body, engineVersion: '0' } };
    expect(replayAssessment(older, parts())).toMatchObject({
      outcome: 'VERSION_DIFFERS',
      identical: true,
      engineVersionDiffers: true,
      recordedVersion: '0',
      replayedVersion: ENGINE_VERSION,
    });
  });

  test('a policy that this version refuses is not said to be missing', () => {
    const older = { ...recorded, body: { ...recorded.body, engineVersion: '1' } };
    const refused = { ...parts(), policyWith: () => 'refused' as const };
    expect(replayAssessment(older, refused)).toMatchObject({
      kind: 'policy-refused',
      engineVersionDiffers: true,
      recordedVersion: '1',
    });
  });

  test('without the policy that decided there is nothing to compare', () => {
    const unknown = { ...recorded, body: { ...recorded.body, policyHash: 'gone' } };
    expect(replayAssessment(unknown, parts())).toEqual({ kind: 'policy-missing', hash: 'gone' });
  });
});
