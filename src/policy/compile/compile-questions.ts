import type { Question } from '../../decision/policy-model.js';
import { compileCondition } from './compile-conditions.js';
import type { Draft } from './draft.js';
import { reasonText } from './reason-text.js';

/** Compiles what asks for a confirmation whatever the score. */
export function compileQuestions(draft: Draft): Question[] {
  const tiers = new Set(draft.document.tiers.map(({ name }) => name));
  return (draft.document.questions ?? []).map((question, index): Question => {
    const path = ['questions', index];
    draft.claimCode([...path, 'code'], question.code);
    for (const [place, name] of (question.tiers ?? []).entries()) {
      if (!tiers.has(name)) draft.problem([...path, 'tiers', place], `there is no tier \`${name}\``);
    }
    return {
      ...reasonText(question, 'REQUEST'),
      when: question.when.map((when, place) => compileCondition(draft, [...path, 'when', place], when)),
      ...(question.tiers !== undefined && { tiers: question.tiers }),
    };
  });
}
