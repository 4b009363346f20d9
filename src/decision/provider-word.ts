import type { MailboxView } from './evidence.js';
import type { AssessmentInput, ProviderCap } from './input.js';

/** What one provider says: all of it, or one of its incidents. */
export interface ProviderWord {
  readonly provider: string;
  /** Only this incident; absent: its events and all its incidents. */
  readonly cohortId?: string;
}

const NO_WORDS: readonly ProviderWord[] = [];

/** Whose word stands in an input: each provider, and each of its incidents apart. */
export function wordsIn(input: AssessmentInput): readonly ProviderWord[] {
  if (input.cohorts.length === 0 && input.mailboxes.every(({ records }) => records.length === 0)) {
    return NO_WORDS;
  }
  const providers = new Set<string>();
  const words: ProviderWord[] = [];
  for (const { records } of input.mailboxes) {
    for (const { record } of records) for (const { provider } of record.events) providers.add(provider);
  }
  for (const { provider, id } of input.cohorts) {
    providers.add(provider);
    words.push({ provider, cohortId: id });
  }
  for (const provider of providers) words.push({ provider });
  return words;
}

/** Whether an input holds anything of this word. */
export function isSpoken(input: AssessmentInput, { provider, cohortId }: ProviderWord): boolean {
  if (cohortId !== undefined) return input.cohorts.some(({ id }) => id === cohortId);
  if (input.cohorts.some((cohort) => cohort.provider === provider)) return true;
  return input.mailboxes.some(({ records }) =>
    records.some(({ record }) => record.events.some((event) => event.provider === provider)),
  );
}

/** The input as if none of this had been said, what clears as well as what accuses. */
export function withoutWords(input: AssessmentInput, words: readonly ProviderWord[]): AssessmentInput {
  const silenced = new Set<string>();
  const cohorts = new Set<string>();
  for (const { provider, cohortId } of words) {
    if (cohortId === undefined) silenced.add(provider);
    else cohorts.add(cohortId);
  }
  return {
    ...input,
    mailboxes:
      silenced.size === 0 ? input.mailboxes : input.mailboxes.map((view) => withoutProviders(view, silenced)),
    cohorts: input.cohorts.filter(({ id, provider }) => !silenced.has(provider) && !cohorts.has(id)),
  };
}

function withoutProviders(view: MailboxView, silenced: ReadonlySet<string>): MailboxView {
  const records: MailboxView['records'][number][] = [];
  for (const { form, record } of view.records) {
    const events = record.events.filter(({ provider }) => !silenced.has(provider));
    if (events.length > 0) records.push({ form, record: { ...record, events } });
  }
  return { link: view.link, records };
}

/** The caps of an input that have something to cap. */
export function capsAtWork(input: AssessmentInput): readonly ProviderCap[] {
  const { caps } = input;
  return caps === undefined ? NO_CAPS : caps.filter((cap) => isSpoken(input, cap));
}

export const NO_CAPS: readonly ProviderCap[] = [];
