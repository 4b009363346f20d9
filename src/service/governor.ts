import type { Feed } from '../feed/feed.js';
import { Governor, type GovernorStatus } from '../feed/governor/governor.js';
import { EMPTY_REGISTRY } from '../feed/registry.js';
import type { Clock } from '../journal/index.js';
import type { GovernorEvents, GovernorFigure } from '../telemetry/governor-events.js';
import type { Stores } from './stores.js';

/** Joins the governor to the registry as it stands, to the counts in the state, and to the metrics. */
export function openGovernor(
  feed: Feed | undefined,
  tenant: string,
  stores: Stores,
  clock: Clock,
  events: GovernorEvents,
): Governor {
  const governor = new Governor({
    registry: () => feed?.registry ?? EMPTY_REGISTRY,
    table: stores.view.governors,
    observer: events,
  });
  const providers = () => [...(feed?.registry.providers.keys() ?? [])];
  events.watch({
    governors: () =>
      providers().flatMap((provider) =>
        figuresOf(provider, governor.statuses(tenant, provider, clock.nowMs())),
      ),
    mailboxes: () =>
      providers().map((provider) => ({ provider, unnamedCount: stores.view.unnamed.count(provider) })),
  });
  return governor;
}

function figuresOf(provider: string, statuses: readonly GovernorStatus[]): readonly GovernorFigure[] {
  const own = statuses.filter(({ word }) => word.cohortId === undefined);
  const incidents = statuses.filter(({ word }) => word.cohortId !== undefined);
  return [figureOf(provider, 'provider', own), figureOf(provider, 'cohort', incidents)];
}

function figureOf(
  provider: string,
  scope: GovernorFigure['scope'],
  statuses: readonly GovernorStatus[],
): GovernorFigure {
  return {
    provider,
    scope,
    trippedCount: statuses.filter(({ standing }) => standing.tripped).length,
    used: Math.max(0, ...statuses.map(usedPart)),
  };
}

/** 1 at the limit of accounts or of value, whichever is nearer. */
function usedPart({ limit, use }: GovernorStatus): number {
  const ofAccounts = use.accounts / limit.maxAccounts;
  if (limit.maxValue === undefined) return ofAccounts;
  // A limit of nothing is used up by anything.
  const ofValue = limit.maxValue === 0 ? 1 : Number(use.value) / limit.maxValue;
  return Math.max(ofAccounts, ofValue);
}
