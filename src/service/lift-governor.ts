import { create } from '@bufbuild/protobuf';
import type { ProviderWord } from '../decision/provider-word.js';
import type { Governor } from '../feed/governor/governor.js';
import {
  type LiftGovernorRequest,
  type LiftGovernorResponse,
  LiftGovernorResponseSchema,
} from '../gen/holdfast/v1/feed_service_pb.js';
import type { Clock } from '../journal/index.js';
import { CallError, invalidArgument } from '../server/errors.js';
import { MAX_ACTOR_CHARACTERS, MAX_REASON_CHARACTERS } from '../server/policy/limits.js';
import { FieldRules } from '../server/risk/field-rules.js';
import { record } from '../server/risk/record.js';
import { governorMessage } from './feed-message.js';
import type { Stores } from './stores.js';

const MAX_PROVIDER_CHARACTERS = 32;
const MAX_COHORT_ID_CHARACTERS = 64;

export interface LiftParts {
  readonly governor: Governor;
  readonly stores: Stores;
  readonly clock: Clock;
}

/**
 * Lifts a governor that tripped. Recorded with who and why; its count starts anew.
 *
 * @throws CallError FAILED_PRECONDITION when it has not tripped; INVALID_ARGUMENT
 * @throws JournalError code `AUDIT_UNAVAILABLE`; nothing has then changed
 */
export async function liftGovernor(
  { governor, stores, clock }: LiftParts,
  request: LiftGovernorRequest,
  tenant: string,
): Promise<LiftGovernorResponse> {
  const { provider, cohortId, actor, reason } = request;
  const rules = new FieldRules(clock.nowMs());
  rules.requiredText('provider', provider, MAX_PROVIDER_CHARACTERS);
  rules.optionalText('cohort_id', cohortId, MAX_COHORT_ID_CHARACTERS);
  rules.requiredText('actor', actor, MAX_ACTOR_CHARACTERS);
  rules.requiredText('reason', reason, MAX_REASON_CHARACTERS);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  const word: ProviderWord = cohortId === '' ? { provider } : { provider, cohortId };
  if (!governor.status(tenant, word, clock.nowMs()).standing.tripped) {
    throw new CallError('GOVERNOR_NOT_TRIPPED');
  }
  const { journal, view } = stores;
  const { durable } = record(journal, view, tenant, 'governor-lift', () => ({
    kind: 'governor-lift',
    ...word,
    actor,
    reason,
  }));
  governor.lifted(tenant, word);
  const status = governor.status(tenant, word, clock.nowMs());
  await durable;
  return create(LiftGovernorResponseSchema, { governor: governorMessage(status) });
}
