import { evaluateAt } from './evaluate.js';
import type { AssessmentInput } from './input.js';
import type { CompiledPolicy } from './policy-model.js';
import { type ProviderWord, withoutWords, wordsIn } from './provider-word.js';
import { layOut } from './timeline.js';
import type { Verdict } from './verdict.js';
import { sternnessOf } from './vocabulary.js';

const NOBODY: readonly ProviderWord[] = [];
const HOLD = sternnessOf('HOLD');

/**
 * Whose word alone made the difference between this HOLD or REJECT and something milder: without it the withdrawal
 * would not be held. Providers are tried whole, then, of those that made the difference, each incident apart. Empty for
 * milder verdicts, and where the account's own signals, or somebody else's word, hold as well.
 *
 * Costs one more decision for each provider in the input, and only for what is held.
 */
export function movedBy(
  input: AssessmentInput,
  policy: CompiledPolicy,
  { decision }: Pick<Verdict, 'decision'>,
): readonly ProviderWord[] {
  if (sternnessOf(decision) < HOLD) return NOBODY;
  const words = wordsIn(input);
  if (words.length === 0) return NOBODY;
  const isMilderWithout = (word: ProviderWord): boolean => {
    const without = withoutWords(input, [word]);
    return sternnessOf(evaluateAt(layOut(without, policy), input.now).decision) < HOLD;
  };
  const moved: ProviderWord[] = [];
  for (const word of words) {
    if (word.cohortId !== undefined || !isMilderWithout(word)) continue;
    moved.push(word);
    for (const incident of words) {
      if (incident.cohortId === undefined || incident.provider !== word.provider) continue;
      if (isMilderWithout(incident)) moved.push(incident);
    }
  }
  return moved;
}
