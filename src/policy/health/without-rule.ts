import type { AssessmentInput } from '../../decision/input.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';

/** What a figure of health is about. */
export type RuleKind = 'SCORE' | 'LOCK' | 'LIST' | 'PROVIDER';

/** What a code of a policy's reasons stands for; undefined for reasons that no rule gives, such as a release. */
export function ruleKindOf(code: string, policy: CompiledPolicy): RuleKind | undefined {
  if (policy.locks.some((lock) => lock.code === code)) return 'LOCK';
  if (policy.lists.some((list) => list.code === code)) return 'LIST';
  const gives =
    code === policy.cohort.text.code ||
    code === policy.domainPriorText.code ||
    [policy.rules, policy.sequences, policy.customRules].some((rules) =>
      rules.some((rule) => rule.code === code),
    );
  return gives ? 'SCORE' : undefined;
}

/** The policy as if it had nothing with this code. Groups stay, so that their caps apply to the others as before. */
export function withoutRule(policy: CompiledPolicy, code: string): CompiledPolicy {
  const isOther = (rule: { readonly code: string }): boolean => rule.code !== code;
  return {
    ...policy,
    rules: policy.rules.filter(isOther),
    sequences: policy.sequences.filter(isOther),
    customRules: policy.customRules.filter(isOther),
    locks: policy.locks.filter(isOther),
    lists: policy.lists.filter(isOther),
    ...(code === policy.cohort.text.code ? { cohort: { ...policy.cohort, cap: 0 } } : {}),
    ...(code === policy.domainPriorText.code ? { domainPrior: new Map() } : {}),
  };
}

/** What would have been known without one provider: none of its events and incidents, its feed not missed either. */
export function withoutProvider(input: AssessmentInput, provider: string): AssessmentInput {
  return {
    ...input,
    mailboxes: input.mailboxes.map((view) => ({
      ...view,
      records: view.records.map(({ form, record }) => ({
        form,
        record: { ...record, events: record.events.filter((event) => event.provider !== provider) },
      })),
    })),
    cohorts: input.cohorts.filter((cohort) => cohort.provider !== provider),
    feeds: input.feeds.filter((feed) => feed.provider !== provider),
  };
}
