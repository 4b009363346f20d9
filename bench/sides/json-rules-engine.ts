import { Engine } from 'json-rules-engine';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import { absentFacts, factsOf, peerRules } from './peer-rules.js';

/** Gives the codes of the score rules that an input meets, by json-rules-engine. */
export function jsonRulesEngine(
  policy: CompiledPolicy,
): (input: AssessmentInput) => Promise<readonly string[]> {
  const rules = peerRules(policy);
  const engine = new Engine();
  for (const { rule, all, any } of rules) {
    const conditions = any.length === 0 ? { all: [...all] } : { any: [...any] };
    engine.addRule({ name: rule.code, conditions, event: { type: rule.code } });
  }
  const absent = absentFacts(rules);
  return async (input) => {
    const { events } = await engine.run(factsOf(input, absent));
    return events.map(({ type }) => type);
  };
}
