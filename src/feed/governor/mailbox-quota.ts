import type { ProviderEventBody } from '../../store/codec/entries.js';
import type { FeedEvidence } from '../ports.js';
import { type Refusal, refuse } from '../refusal.js';

/**
 * Keeps one provider from filling the disk with mailboxes that nobody uses: pseudonyms are taken on trust, so it may
 * name any number of them. What is said of mailboxes that somebody spoke of before always counts.
 *
 * @returns the refusal if the token would take the provider beyond its quota
 */
export function refuseBeyondQuota(
  evidence: Pick<FeedEvidence, 'mailbox' | 'unnamed'>,
  provider: string,
  quota: number,
  bodies: readonly ProviderEventBody[],
): Refusal | undefined {
  let further = 0;
  for (const { content } of bodies) {
    if (content.kind === 'event' && evidence.mailbox(content.alias) === undefined) further += 1;
  }
  if (further === 0 || evidence.unnamed.count(provider) + further <= quota) return undefined;
  return refuse('MAILBOX_QUOTA', `the quota of ${quota} mailboxes that no account is known to use is spent`);
}
