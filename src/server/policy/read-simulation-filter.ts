import { DECISIONS, type Decision } from '../../decision/vocabulary.js';
import type { SimulationFilter } from '../../gen/holdfast/v1/policy_service_pb.js';
import { type ItemFilter, OUTCOME_LABELS, type OutcomeLabel } from '../../policy/simulate/index.js';
import type { FieldRules } from '../risk/field-rules.js';
import { MAX_ID_CHARACTERS } from '../risk/limits.js';
import { MAX_FILTER_ENTRIES } from './limits.js';

/** Which assessments a simulation is to count. */
export interface ReadFilter {
  readonly items?: ItemFilter;
  readonly labels?: ReadonlySet<OutcomeLabel>;
}

/** Reads the filter of a simulation; what is wrong with it goes to the rules. */
export function readSimulationFilter(filter: SimulationFilter | undefined, outer: FieldRules): ReadFilter {
  if (filter === undefined) return {};
  const rules = outer.within('filter.');
  const tiers = texts('tiers', filter.tiers, rules);
  const decisions = words<Decision>('decisions', DECISIONS, filter.decisions, rules);
  const operators = texts('operators', filter.operators, rules);
  const providers = texts('providers', filter.providers, rules);
  const labels = words<OutcomeLabel>('labels', OUTCOME_LABELS, filter.labels, rules);
  const accountIds = texts('account_ids', filter.accountIds, rules);
  const items: ItemFilter = {
    ...(tiers === undefined ? {} : { tiers }),
    ...(decisions === undefined ? {} : { decisions }),
    ...(operators === undefined ? {} : { operators }),
    ...(providers === undefined ? {} : { providers }),
    ...(accountIds === undefined ? {} : { accountIds }),
  };
  return {
    ...(Object.keys(items).length === 0 ? {} : { items }),
    ...(labels === undefined ? {} : { labels }),
  };
}

function texts(field: string, values: readonly string[], rules: FieldRules): ReadonlySet<string> | undefined {
  rules.atMost(field, values.length, MAX_FILTER_ENTRIES);
  for (const [index, value] of values.entries()) {
    rules.requiredText(`${field}[${index}]`, value, MAX_ID_CHARACTERS);
  }
  return values.length === 0 ? undefined : new Set(values);
}

function words<W extends string>(
  field: string,
  known: readonly W[],
  numbers: readonly number[],
  rules: FieldRules,
): ReadonlySet<W> | undefined {
  rules.atMost(field, numbers.length, MAX_FILTER_ENTRIES);
  const found = new Set<W>();
  for (const [index, number] of numbers.entries()) {
    const word = rules.requiredWord(`${field}[${index}]`, known, number);
    if (word !== undefined) found.add(word);
  }
  return numbers.length === 0 ? undefined : found;
}
