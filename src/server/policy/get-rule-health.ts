import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { firstSince, type RecordedAssessment, readAssessment, slicesOfOwn } from '../../audit/index.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import {
  type GetRuleHealthRequest,
  type GetRuleHealthResponse,
  GetRuleHealthResponseSchema,
  type RuleHealth as RuleHealthMessage,
  RuleHealthSchema,
  RuleKind as RuleKindNumber,
} from '../../gen/holdfast/v1/policy_service_pb.js';
import {
  type KnownOutcome,
  type RuleHealth,
  RuleHealthTally,
  type RuleKind,
} from '../../policy/health/index.js';
import { CallError, invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { FieldRules } from '../risk/field-rules.js';
import { flipMessage } from './messages.js';
import type { PolicyParts } from './parts.js';

/** Window when none is asked for. */
const DEFAULT_WINDOW_MS = 7 * 24 * 3_600_000;

/** Assessments of one call: about ten seconds of work beside the answers. The answer says how far it came. */
export const MAX_HEALTH_ASSESSMENTS = 100_000;

/**
 * How each rule, lock, list and provider did over a window, from the log. Works in slices beside the answers.
 *
 * @throws CallError INVALID_ARGUMENT for a wrong window; DEADLINE_EXCEEDED when the caller has gone
 */
export async function getRuleHealth(
  parts: PolicyParts,
  request: GetRuleHealthRequest,
  context: CallContext,
): Promise<GetRuleHealthResponse> {
  const { from, to } = readWindow(parts.clock.nowMs(), request);
  const { journal } = parts;
  const tally = new RuleHealthTally();
  const policies = new Map<string, CompiledPolicy | undefined>();
  const head = journal.head;
  let skippedCount = 0;
  let reached: UnixMs | undefined;
  const slices = context.slices ?? slicesOfOwn();
  await slices.next();
  for (let position = firstSince(journal, from, head + 1); position <= head; position++) {
    if (slices.isOver()) {
      await slices.next();
      if (context.cancelled()) throw new CallError('DEADLINE_PASSED');
    }
    const entry = journal.get(position);
    if (entry === undefined) continue;
    if (entry.stamp.receivedAt >= to) break;
    const recorded = readAssessment(entry, context.tenant);
    if (recorded === undefined) continue;
    if (tally.assessedCount + skippedCount >= MAX_HEALTH_ASSESSMENTS) {
      reached = recorded.assessedAt;
      break;
    }
    const policy = policyOf(parts, policies, recorded.body.policyHash);
    if (policy === undefined) {
      skippedCount += 1;
      continue;
    }
    const outcome = outcomeOf(parts, context.tenant, recorded);
    tally.add({ input: recorded.body.input, policy, ...(outcome === undefined ? {} : { outcome }) });
  }
  return create(GetRuleHealthResponseSchema, {
    assessedCount: BigInt(tally.assessedCount),
    skippedCount: BigInt(skippedCount),
    rules: tally.health().map(healthMessage),
    ...(reached === undefined ? {} : { reached: timestampFromMs(reached) }),
  });
}

interface Window {
  readonly from: UnixMs;
  readonly to: UnixMs;
}

function readWindow(now: UnixMs, request: GetRuleHealthRequest): Window {
  const rules = new FieldRules(now);
  // The present millisecond still counts.
  const to = rules.optionalBound('to', request.to) ?? now + 1;
  const from = rules.optionalBound('from', request.from) ?? Math.max(0, to - DEFAULT_WINDOW_MS);
  if (rules.violations.length === 0 && to <= from) {
    rules.refuse('to', 'OUT_OF_RANGE', 'must be later than `from`');
  }
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  return { from, to };
}

/** The policy with this hash, compiled once a call; undefined if no revision has it. */
function policyOf(
  { history, read }: PolicyParts,
  known: Map<string, CompiledPolicy | undefined>,
  hash: string,
): CompiledPolicy | undefined {
  if (known.has(hash)) return known.get(hash);
  const mark = history.byHash(hash);
  const kept = mark === undefined ? undefined : history.revision(mark.number);
  const result = kept === undefined ? undefined : read(kept.body.text);
  const policy = result?.kind === 'valid' ? result.policy : undefined;
  known.set(hash, policy);
  return policy;
}

/** A withdrawal that its owner cancelled was the owner's. */
function outcomeOf(
  { view }: PolicyParts,
  tenant: string,
  { id }: RecordedAssessment,
): KnownOutcome | undefined {
  const mark = view.outcome(tenant, id);
  switch (mark?.label) {
    case 'FRAUD_CONFIRMED':
      return { isFraud: true, observedAt: mark.observedAt };
    case 'HONEST':
    case 'CUSTOMER_CANCELLED':
      return { isFraud: false, observedAt: mark.observedAt };
    default:
      return undefined;
  }
}

const KIND_NUMBERS: Readonly<Record<RuleKind, RuleKindNumber>> = {
  SCORE: RuleKindNumber.SCORE,
  LOCK: RuleKindNumber.LOCK,
  LIST: RuleKindNumber.LIST,
  PROVIDER: RuleKindNumber.PROVIDER,
};

function healthMessage(health: RuleHealth): RuleHealthMessage {
  const { precision, medianLead } = health;
  return create(RuleHealthSchema, {
    kind: KIND_NUMBERS[health.kind],
    code: health.code,
    hitCount: BigInt(health.hitCount),
    accountCount: BigInt(health.accountCount),
    points: health.points / 10,
    errorCount: BigInt(health.errorCount),
    turned: health.turned.map(flipMessage),
    fraudCount: BigInt(health.fraudCount),
    honestCount: BigInt(health.honestCount),
    ...(precision === undefined ? {} : { precision }),
    ...(medianLead === undefined ? {} : { medianLeadSeconds: medianLead / 1_000 }),
  });
}
