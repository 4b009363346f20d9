import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { Decision } from '../../../src/gen/holdfast/v1/decision_pb.js';
import { ListAssessmentsRequestSchema } from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { listAssessments } from '../../../src/server/risk/list-assessments.js';
import type { RiskParts } from '../../../src/server/risk/parts.js';
import { bodyFor, RecordedLog, T0 } from '../../audit/recorded.js';

test('a walk through the log ends when its caller has gone', async () => {
  const log = new RecordedLog();
  for (let n = 0; n < 1_000; n += 1) log.append('t', bodyFor('a'));
  // What this method asks for of all parts.
  const parts = { clock: { nowMs: () => T0 }, journal: log } as unknown as RiskParts;
  let hasGone = false;
  const page = listAssessments(parts, create(ListAssessmentsRequestSchema, { decisions: [Decision.HOLD] }), {
    tenant: 't',
    deadlineAt: Number.POSITIVE_INFINITY,
    arrivedAt: 0,
    traceparent: undefined,
    cancelled: () => hasGone,
  });
  hasGone = true;
  await expect(page).rejects.toMatchObject({ code: 'DEADLINE_PASSED' });
  expect(log.reads).toBeLessThan(100);
});
