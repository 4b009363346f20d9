import type { Command } from 'commander';
import type { HistoryFilter } from '../audit/simulation/index.js';
import { DECISIONS } from '../decision/vocabulary.js';
import type { ItemFilter } from '../policy/simulate/index.js';
import { OUTCOME_LABELS, type OutcomeLabel } from '../policy/simulate/replay-item.js';
import { ONLY_TENANT } from '../service/only-tenant.js';
import { integerFrom } from './number-option.js';
import { repeated } from './repeated-option.js';
import { CommandError } from './terminal.js';

/** Which of the recorded assessments a command looks at. */
export interface FilterOptions {
  /** RFC 3339 times. */
  readonly from?: string;
  readonly to?: string;
  /** Only every n-th assessment. */
  readonly sample?: number;
  readonly onlyTier?: readonly string[];
  readonly onlyDecision?: readonly string[];
  readonly onlyOperator?: readonly string[];
  readonly onlyProvider?: readonly string[];
  readonly onlyLabel?: readonly string[];
  readonly onlyAccount?: readonly string[];
}

/** Adds the options that say which assessments to look at. Those that choose by a word may be given several times. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--from <time>', 'only assessments from this time, like 2026-01-31T00:00:00Z')
    .option('--to <time>', 'only assessments before this time')
    .option('--sample <n>', 'only every n-th assessment; rates and sums are scaled up', integerFrom(1))
    .option(
      '--only-tier <name>',
      'only those decided under this tier then (may be repeated, like all that begin with only)',
      repeated,
    )
    .option('--only-decision <word>', 'only those answered so then: ALLOW, STEP_UP, HOLD or REJECT', repeated)
    .option('--only-operator <name>', "only those of accounts whose mail it runs, or 'other'", repeated)
    .option('--only-provider <id>', 'only those about which this provider had said something', repeated)
    .option('--only-label <word>', `only those with this outcome: ${OUTCOME_LABELS.join(', ')}`, repeated)
    .option('--only-account <id>', 'only those of this account', repeated);
}

/** The part of the options that chooses before an assessment is looked at. */
export interface OptionsFilter extends HistoryFilter {
  readonly labels?: ReadonlySet<OutcomeLabel>;
}

/** @throws CommandError */
export function historyFilter({ from, to, sample, onlyLabel }: FilterOptions): OptionsFilter {
  const labels = wordSet('--only-label', OUTCOME_LABELS, onlyLabel);
  return {
    tenant: ONLY_TENANT,
    sampleEvery: sample ?? 1,
    ...(from === undefined ? {} : { from: timeOf('--from', from) }),
    ...(to === undefined ? {} : { to: timeOf('--to', to) }),
    ...(labels === undefined ? {} : { labels }),
  };
}

/**
 * @returns undefined when all of them are wanted
 * @throws CommandError
 */
export function itemFilter(options: FilterOptions): ItemFilter | undefined {
  const { onlyTier, onlyDecision, onlyOperator, onlyProvider, onlyAccount } = options;
  const decisions = wordSet('--only-decision', DECISIONS, onlyDecision);
  const filter: ItemFilter = {
    ...(onlyTier === undefined ? {} : { tiers: new Set(onlyTier) }),
    ...(decisions === undefined ? {} : { decisions }),
    ...(onlyOperator === undefined ? {} : { operators: new Set(onlyOperator) }),
    ...(onlyProvider === undefined ? {} : { providers: new Set(onlyProvider) }),
    ...(onlyAccount === undefined ? {} : { accountIds: new Set(onlyAccount) }),
  };
  return Object.keys(filter).length === 0 ? undefined : filter;
}

export function wordSet<W extends string>(
  option: string,
  known: readonly W[],
  texts: readonly string[] | undefined,
): ReadonlySet<W> | undefined {
  if (texts === undefined) return undefined;
  return new Set(
    texts.map((text) => {
      const word = known.find((one) => one === text.toUpperCase());
      if (word === undefined) throw new CommandError(`${option}: must be one of ${known.join(', ')}`);
      return word;
    }),
  );
}

/**
 * Reads an option that is a time, in milliseconds since 1970.
 *
 * @throws CommandError
 */
export function timeOf(option: string, text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new CommandError(`${option}: \`${text}\` is not a time like 2026-01-31T12:00:00Z`);
  return ms;
}
