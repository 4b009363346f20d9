import type { AssessmentInput } from '../../decision/input.js';
import { movedBy } from '../../decision/moved-by.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { Verdict } from '../../decision/verdict.js';
import type { WordEffect } from '../../store/codec/entries.js';

/**
 * Whose word alone held this withdrawal, and whose word the governor kept from it. Undefined for nearly all answers: it
 * costs nothing where no provider said anything, and a decision for each word where one holds.
 */
export function wordEffects(
  input: AssessmentInput,
  policy: CompiledPolicy,
  verdict: Verdict,
): readonly WordEffect[] | undefined {
  const effects: WordEffect[] = [];
  for (const word of movedBy(input, policy, verdict)) effects.push({ ...word, effect: 'MOVED' });
  for (const { provider, cohortId, cause } of verdict.cappedBy ?? []) {
    if (cause !== 'GOVERNED') continue;
    effects.push({ provider, ...(cohortId === undefined ? {} : { cohortId }), effect: 'GOVERNED' });
  }
  return effects.length === 0 ? undefined : effects;
}
