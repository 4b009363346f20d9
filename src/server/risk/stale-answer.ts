import { fromBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { hasAdverseNews } from '../../decision/adverse-news.js';
import type { FeedView } from '../../decision/evidence.js';
import type { AssessmentInput } from '../../decision/input.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import { gatherInput } from '../../evidence/index.js';
import { AssessWithdrawalResponseSchema } from '../../gen/holdfast/v1/risk_service_pb.js';
import type { ClockReading } from '../../journal/index.js';
import type { AssessmentBody } from '../../store/codec/entries.js';
import { RETRY_WINDOW_MS } from './limits.js';
import type { RiskParts } from './parts.js';

/** An answer that was given. */
export interface Answered {
  readonly id: string;
  readonly at: UnixMs;
  readonly body: AssessmentBody;
}

/**
 * Whether an answer must not be given a second time. Whoever retries gets it for as long as anybody retries. Later callers
 * mean another attempt: custody gates ask with the withdrawal's own id, and an ALLOW of yesterday would let today's thief
 * pass. So an ALLOW or a STEP_UP holds only while nothing adverse became known and the same policy decides, a HOLD only
 * until it ends. A REJECT holds as long as it is remembered.
 */
export function isStale(
  parts: RiskParts,
  tenant: string,
  { id, at, body }: Answered,
  { earliestMs, latestMs }: ClockReading,
): boolean {
  if (latestMs - at <= RETRY_WINDOW_MS) return false;
  switch (body.decision) {
    case 'ALLOW':
    case 'STEP_UP':
      return (
        body.policyHash !== parts.livePolicy().policy.hash ||
        parts.view.outcome(tenant, id)?.label === 'FRAUD_CONFIRMED' ||
        hasAdverseNews(body.input, heardNow(parts, tenant, body.input, earliestMs))
      );
    case 'HOLD':
      return hasEnded(body.response, earliestMs) || wasReleased(parts, tenant, at, body.input);
    case 'REJECT':
      return false;
    default:
      return body.decision satisfies never;
  }
}

const NO_FEEDS: readonly FeedView[] = [];

function heardNow(parts: RiskParts, tenant: string, then: AssessmentInput, now: UnixMs): AssessmentInput {
  return gatherInput(
    {
      now,
      tenant,
      request: then.request,
      link: undefined,
      inlineSignals: [],
      feeds: () => NO_FEEDS,
      behind: false,
    },
    parts.view,
  );
}

/** At `hold_until` a hold ends by itself, or a person has had to look: either way another answer is due. */
function hasEnded(response: Uint8Array, now: UnixMs): boolean {
  const { holdUntil } = fromBinary(AssessWithdrawalResponseSchema, response);
  return holdUntil === undefined || timestampMs(holdUntil) <= now;
}

function wasReleased(
  { view }: RiskParts,
  tenant: string,
  heldAt: UnixMs,
  { request }: AssessmentInput,
): boolean {
  return view
    .ledger(tenant, request.accountId, request.withdrawal)
    .releases.some(({ withdrawal, releasedAt }) => withdrawal === request.withdrawal && releasedAt >= heldAt);
}
