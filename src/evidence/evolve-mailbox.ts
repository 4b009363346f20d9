import type { MailboxRecord, ProviderEventRecord, RetractionRecord } from '../decision/evidence.js';
import { takenBackAt } from '../decision/taken-back.js';
import { compareText, inserted, type ListOrder } from './bounded-list.js';
import { MAX_EVENTS_PER_GROUP, MAX_RETRACTIONS_PER_PROVIDER } from './bounds.js';
import { type CrowdedOrder, crowdedWith } from './crowded-list.js';

/** A mailbox that no provider ever spoke of. */
export const EMPTY_MAILBOX: MailboxRecord = { events: [], retractions: [] };

/** What a provider says under one alias. */
export type MailboxNews =
  | { readonly kind: 'event'; readonly event: ProviderEventRecord }
  | { readonly kind: 'retraction'; readonly retraction: RetractionRecord };

/**
 * Newest first within a group. What the holder of a mailbox can have a provider say at will takes no place from what the
 * provider says of a takeover, nor one provider from another. A retracted event keeps its slot, and its retraction may
 * come first. Should one token ever be told in two ways, both count.
 */
const EVENT_ORDER: CrowdedOrder<ProviderEventRecord> = {
  compareGroups: (a, b) =>
    compareText(a.type, b.type) ||
    compareText(a.provider, b.provider) ||
    Number(b.unauthorised) - Number(a.unauthorised),
  compare: (a, b) => b.occurredAt - a.occurredAt || compareText(b.id, a.id) || b.issuedAt - a.issuedAt,
  limit: MAX_EVENTS_PER_GROUP,
  merge: (kept, item) => {
    const joined = {
      ...kept,
      receivedAt: Math.min(kept.receivedAt, item.receivedAt),
      timeIs: item.timeIs === 'DISCOVERED' ? item.timeIs : kept.timeIs,
      confidence: Math.max(kept.confidence, item.confidence),
    };
    return sameEvent(joined, kept) ? kept : joined;
  },
  crowdOf: (event) => ({ ...event, id: '', receivedAt: 0, since: event.occurredAt }),
  joinCrowds: (crowd, other) => {
    const joined = {
      ...crowd,
      occurredAt: Math.max(crowd.occurredAt, other.occurredAt),
      issuedAt: Math.max(crowd.issuedAt, other.issuedAt),
      timeIs: other.timeIs === 'DISCOVERED' ? other.timeIs : crowd.timeIs,
      confidence: Math.max(crowd.confidence, other.confidence),
      since: Math.min(crowd.since ?? crowd.occurredAt, other.since ?? other.occurredAt),
    };
    return sameEvent(joined, crowd) ? crowd : joined;
  },
};

/** Kept by name, not by time: with a time that merges, only so does every order of arrival keep the same ones. */
const RETRACTION_ORDER: ListOrder<RetractionRecord> = {
  compare: (a, b) => compareText(a.provider, b.provider) || compareText(a.id, b.id),
  sameGroup: (a, b) => a.provider === b.provider,
  limit: MAX_RETRACTIONS_PER_PROVIDER,
  merge: (kept, item) => (compareRetractionTimes(item, kept) < 0 ? item : kept),
};

/** Of two that take back one event the first counts. */
export function compareRetractionTimes(a: RetractionRecord, b: RetractionRecord): number {
  return a.issuedAt - b.issuedAt || takenBackAt(a) - takenBackAt(b);
}

/** The record after one more piece of news. INVARIANT I2: a join; the same object when nothing changes. */
export function evolveMailbox(record: MailboxRecord, news: MailboxNews): MailboxRecord {
  switch (news.kind) {
    case 'event': {
      const events = crowdedWith(inGroups(record.events), news.event, EVENT_ORDER);
      const heardAt = Math.max(record.heardAt ?? 0, news.event.receivedAt);
      if (events === record.events && heardAt === (record.heardAt ?? 0)) return record;
      return { ...record, events, heardAt };
    }
    case 'retraction': {
      const retractions = inserted(record.retractions, news.retraction, RETRACTION_ORDER);
      return retractions === record.retractions ? record : { ...record, retractions };
    }
    default:
      return news satisfies never;
  }
}

/** Records from before there were groups stand in another order. */
function inGroups(events: readonly ProviderEventRecord[]): readonly ProviderEventRecord[] {
  const isInGroups = events.every((event, index) => {
    const before = events[index - 1];
    return before === undefined || EVENT_ORDER.compareGroups(before, event) <= 0;
  });
  return isInGroups ? events : [...events].sort(EVENT_ORDER.compareGroups);
}

/** Of two that are alike in what does not merge. */
function sameEvent(a: ProviderEventRecord, b: ProviderEventRecord): boolean {
  return (
    a.occurredAt === b.occurredAt &&
    a.since === b.since &&
    a.issuedAt === b.issuedAt &&
    a.receivedAt === b.receivedAt &&
    a.timeIs === b.timeIs &&
    a.confidence === b.confidence
  );
}
