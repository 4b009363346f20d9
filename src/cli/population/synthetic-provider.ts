import type { FeedView, MailboxLink } from '../../decision/evidence.js';
import { type Pseudonyms, readMailAddress } from '../../identity/index.js';
import type { SyntheticCohort, SyntheticProviderEvent } from '../../population/index.js';
import type { ProviderEventBody } from '../../store/codec/entries.js';

/** Operators whose provider publishes events in the synthetic world. */
const TALKING: ReadonlySet<string> = new Set(['att', 'google', 'yahoo']);

const NOT_COVERED: readonly FeedView[] = [{ provider: '', state: 'NOT_COVERED' }];

/** Freshness of feeds in the synthetic world: those that talk never fall behind. */
export function syntheticFeeds(links: readonly MailboxLink[]): readonly FeedView[] {
  const providers = new Set<string>();
  for (const { operator } of links)
    if (operator !== undefined && TALKING.has(operator)) providers.add(operator);
  if (providers.size === 0) return NOT_COVERED;
  return [...providers].sort().map((provider) => ({ provider, state: 'FRESH' as const }));
}

/** A provider's event as the feed would record it. */
export function providerEventBody(
  event: SyntheticProviderEvent,
  tokenId: string,
  pseudonyms: Pseudonyms,
): ProviderEventBody | undefined {
  const reading = readMailAddress(event.email);
  if (reading.kind !== 'valid') return undefined;
  const { provider, type, occurredAt, timeIs, unauthorised, confidence, at } = event;
  const record = { type, provider, id: tokenId, occurredAt, timeIs, unauthorised, confidence };
  return {
    kind: 'provider-event',
    provider,
    tokenId,
    content: {
      kind: 'event',
      alias: pseudonyms.mailbox(reading.address, at).alias,
      event: { ...record, issuedAt: at, receivedAt: at },
    },
  };
}

/** An incident as the feed would record it. */
export function cohortBody(
  cohort: SyntheticCohort,
  tokenId: string,
  pseudonyms: Pseudonyms,
): ProviderEventBody {
  const { provider, domains, mechanism, from, to, share, confidence, at } = cohort;
  return {
    kind: 'provider-event',
    provider,
    tokenId,
    content: {
      kind: 'cohort',
      cohort: {
        id: `${provider}-incident`,
        provider,
        domains: domains.map((domain) => pseudonyms.domain(domain)),
        mechanism,
        from,
        ...(to === undefined ? {} : { to }),
        share,
        confidence,
        issuedAt: at,
        retracted: false,
      },
    },
  };
}
