import type { MailboxRecord, ProviderEventRecord, RetractionRecord } from '../decision/evidence.js';
import { compareText, inserted, type ListOrder } from './bounded-list.js';
import { MAX_EVENTS_PER_TYPE, MAX_RETRACTIONS } from './bounds.js';

/** A mailbox that no provider ever spoke of. */
export const EMPTY_MAILBOX: MailboxRecord = { events: [], retractions: [] };

/** What a provider says under one alias. */
export type MailboxNews =
  | { readonly kind: 'event'; readonly event: ProviderEventRecord }
  | { readonly kind: 'retraction'; readonly retraction: RetractionRecord };

/**
 * Newest first within a type. A retracted event keeps its slot, and its retraction may come first. Should one token
 * ever be told in two ways, each part that says more of a takeover counts.
 */
const EVENT_ORDER: ListOrder<ProviderEventRecord> = {
  compare: (a, b) => compareText(a.type, b.type) || b.occurredAt - a.occurredAt || compareText(b.id, a.id),
  sameGroup: (a, b) => a.type === b.type,
  limit: MAX_EVENTS_PER_TYPE,
  merge: (kept, item) => {
    const joined = {
      ...kept,
      provider: compareText(item.provider, kept.provider) < 0 ? item.provider : kept.provider,
      issuedAt: Math.min(kept.issuedAt, item.issuedAt),
      receivedAt: Math.min(kept.receivedAt, item.receivedAt),
      timeIs: item.timeIs === 'DISCOVERED' ? item.timeIs : kept.timeIs,
      unauthorised: kept.unauthorised || item.unauthorised,
      confidence: Math.max(kept.confidence, item.confidence),
    };
    return sameEvent(joined, kept) ? kept : joined;
  },
};

/** Kept by name, not by time: with a time that merges, only so does every order of arrival keep the same ones. */
const RETRACTION_ORDER: ListOrder<RetractionRecord> = {
  compare: (a, b) => compareText(a.provider, b.provider) || compareText(a.id, b.id),
  sameGroup: () => true,
  limit: MAX_RETRACTIONS,
  merge: (kept, item) => (item.issuedAt < kept.issuedAt ? item : kept),
};

/** The record after one more piece of news. INVARIANT I2: a join; the same object when nothing changes. */
export function evolveMailbox(record: MailboxRecord, news: MailboxNews): MailboxRecord {
  switch (news.kind) {
    case 'event': {
      const events = inserted(record.events, news.event, EVENT_ORDER);
      return events === record.events ? record : { ...record, events };
    }
    case 'retraction': {
      const retractions = inserted(record.retractions, news.retraction, RETRACTION_ORDER);
      return retractions === record.retractions ? record : { ...record, retractions };
    }
    default:
      return news satisfies never;
  }
}

function sameEvent(a: ProviderEventRecord, b: ProviderEventRecord): boolean {
  return (
    a.provider === b.provider &&
    a.issuedAt === b.issuedAt &&
    a.receivedAt === b.receivedAt &&
    a.timeIs === b.timeIs &&
    a.unauthorised === b.unauthorised &&
    a.confidence === b.confidence
  );
}
