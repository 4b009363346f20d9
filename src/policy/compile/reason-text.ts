import type { ReasonText } from '../../decision/policy-model.js';
import type { ReasonSource } from '../../decision/vocabulary.js';

const NEUTRAL = 'We are taking extra care with this withdrawal.';

/**
 * What customers read when a policy says nothing better. Speaks of what the customer did or can do, and of neither
 * provider, incident nor rule, so that it teaches a thief nothing: not that another sum or address would do, nor that a
 * check is down.
 */
const CUSTOMER_SUMMARIES: Readonly<Record<ReasonSource, string>> = {
  SIGNAL: 'Something about the security of your account changed recently.',
  PROVIDER: 'We need to be sure that it is really you.',
  COHORT: 'We need to be sure that it is really you.',
  REQUEST: NEUTRAL,
  POLICY: NEUTRAL,
  DEGRADED: NEUTRAL,
};

/** A reason's words, with the neutral text for customers where the policy gives none. */
export function reasonText(
  text: { readonly code: string; readonly summary: string; readonly customer_summary?: string },
  source: ReasonSource,
): ReasonText {
  return {
    code: text.code,
    summary: text.summary,
    customerSummary: text.customer_summary ?? CUSTOMER_SUMMARIES[source],
    source,
  };
}
