import { getAssessment, type RecordedAssessment } from '../../audit/index.js';
import { holdState } from '../../evidence/index.js';
import type { HoldEnding, WithdrawalHold } from '../../store/codec/hold-codec.js';
import { CallError } from '../errors.js';
import { MAX_ACTOR_CHARACTERS, MAX_REASON_CHARACTERS } from '../policy/limits.js';
import { FieldRules } from '../risk/field-rules.js';
import { MAX_ID_CHARACTERS } from '../risk/limits.js';
import type { HoldParts } from './parts.js';

/** A person who ends the hold of a withdrawal. */
export interface EndRequest {
  readonly withdrawalId: string;
  readonly actor: string;
  readonly reason: string;
}

/** Checks what every end of a hold needs; further rules may be added before the violations are looked at. */
export function endRules(parts: HoldParts, { withdrawalId, actor, reason }: EndRequest): FieldRules {
  const rules = new FieldRules(parts.clock.nowMs());
  rules.requiredText('withdrawal_id', withdrawalId, MAX_ID_CHARACTERS);
  rules.requiredText('actor', actor, MAX_ACTOR_CHARACTERS);
  rules.requiredText('reason', reason, MAX_REASON_CHARACTERS);
  for (const [field, text] of [['actor', actor] as const, ['reason', reason] as const]) {
    if (text !== '' && text.trim() === '') rules.refuse(field, 'BLANK', 'must not be blank');
  }
  return rules;
}

/** @throws CallError NOT_FOUND, also for another tenant's (I10) */
export function requireHold(parts: HoldParts, tenant: string, withdrawalId: string): WithdrawalHold {
  const hold = parts.view.holds.get(tenant, parts.pseudonyms.withdrawal(tenant, withdrawalId));
  if (hold === undefined) throw new CallError('HOLD_NOT_FOUND');
  return hold;
}

/**
 * The assessment that holds.
 *
 * @throws CallError NOT_FOUND when retention has removed it
 */
export function requireHeld(parts: HoldParts, tenant: string, hold: WithdrawalHold): RecordedAssessment {
  const held = getAssessment(parts.journal, tenant, hold.assessmentId, hold.position);
  if (held === undefined) throw new CallError('HOLD_NOT_FOUND');
  return held;
}

/** The same person ended it so, for the same reason: he asks again since he heard no answer. */
export function hasEndedSo(
  { end }: WithdrawalHold,
  how: HoldEnding['how'],
  { actor, reason }: EndRequest,
): boolean {
  return end?.how === how && end.actor === actor && end.reason === reason;
}

/** A hold that has ended already. */
export function notOpen(hold: WithdrawalHold, now: number): CallError {
  return new CallError('HOLD_NOT_OPEN', undefined, { metadata: { state: holdState(hold, now) } });
}
