import type { Decision } from '../../decision/vocabulary.js';
import type { ReplayItem } from './replay-item.js';
import { operatorOf } from './side-tally.js';

/** How an assessment was answered when it was made. */
export interface RecordedAnswer {
  readonly decision: Decision;
  readonly tier: string;
}

/** Which assessments to count. An absent set lets all pass; what stands in one set is an alternative. */
export interface ItemFilter {
  /** Under which it was decided then. */
  readonly tiers?: ReadonlySet<string>;
  /** What was decided then. */
  readonly decisions?: ReadonlySet<Decision>;
  /** Of the account's mailbox; `other` for those that no table names. */
  readonly operators?: ReadonlySet<string>;
  /** With an event about a mailbox of the account, or an incident that includes one. */
  readonly providers?: ReadonlySet<string>;
  readonly accountIds?: ReadonlySet<string>;
}

/** @param answered asked only if the filter looks at it, since it has to be read */
export function passes(filter: ItemFilter, item: ReplayItem, answered: () => RecordedAnswer): boolean {
  const { tiers, decisions, operators, providers, accountIds } = filter;
  if (accountIds !== undefined && !accountIds.has(item.input.request.accountId)) return false;
  if (operators !== undefined && !operators.has(operatorOf(item))) return false;
  if (providers !== undefined && !spokeOf(item, providers)) return false;
  if (tiers === undefined && decisions === undefined) return true;
  const { tier, decision } = answered();
  return (tiers?.has(tier) ?? true) && (decisions?.has(decision) ?? true);
}

function spokeOf({ input }: ReplayItem, providers: ReadonlySet<string>): boolean {
  return (
    input.cohorts.some(({ provider }) => providers.has(provider)) ||
    input.mailboxes.some(({ records }) =>
      records.some(({ record }) => record.events.some(({ provider }) => providers.has(provider))),
    )
  );
}
