import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type RecordedAssessment, readAssessment, replayAssessment } from '../../src/audit/index.js';
import { renderAgain } from '../../src/cli/assessment.js';
import { decide, ENGINE_VERSION, explain } from '../../src/decision/index.js';
import { readPolicy } from '../../src/policy/index.js';
import { TEST_IDENTITY } from '../policy/case-identity.js';

/** Entries as version 1 of the engine wrote them, under the default policy of then. */
const RECORDED = new URL('../policy/engine-1/', import.meta.url);

interface RecordedCase {
  readonly case: string;
  readonly decision: string;
  /** The entry's payload in base64. */
  readonly entry: string;
}

function policyOfThen() {
  const text = readFileSync(new URL('default.yaml', RECORDED), 'utf8');
  const read = readPolicy(text, { pseudonyms: TEST_IDENTITY });
  if (read.kind === 'invalid') throw new Error('the default policy of version 1 does not compile');
  return read.policy;
}

function recorded({ entry }: RecordedCase): RecordedAssessment {
  const stamp = { position: 1, id: 'id-1', receivedAt: 0 };
  const read = readAssessment(
    { stamp, kind: 'assessment', tenant: 't', payload: Buffer.from(entry, 'base64') },
    't',
  );
  if (read === undefined) throw new Error('not an assessment');
  return read;
}

const cases: readonly RecordedCase[] = JSON.parse(
  readFileSync(new URL('assessments.json', RECORDED), 'utf8'),
);

describe('I1 a record of version 1', () => {
  const policy = policyOfThen();

  test.each(cases.map((one) => [one.case, one] as const))('%s: VERSION_DIFFERS', (_name, one) => {
    const of = recorded(one);
    expect(of.body).toMatchObject({ engineVersion: '1', decision: one.decision, policyHash: policy.hash });
    const result = replayAssessment(of, {
      engine: { version: ENGINE_VERSION, decide, explain },
      policyWith: (hash) => (hash === policy.hash ? policy : undefined),
      render: renderAgain,
    });
    expect(result).toMatchObject({
      kind: 'replayed',
      outcome: 'VERSION_DIFFERS',
      recordedVersion: '1',
      replayedVersion: ENGINE_VERSION,
    });
  });
});
