import { EVENT_EFFECTS } from './event-effects.js';
import type { MailboxView, ProviderEventRecord, RetractionRecord } from './evidence.js';
import type { UnixMs } from './vocabulary.js';

/** An event that ended an exposure or a watch, and was taken back: what it ended is open again. */
export interface TakenBackClosing {
  readonly event: ProviderEventRecord;
  readonly retraction: RetractionRecord;
}

/** When something was taken back, as far as we know. */
export function takenBackAt({ issuedAt, receivedAt = issuedAt }: RetractionRecord): UnixMs {
  return receivedAt;
}

/** Closings that were taken back, under every alias. */
export function takenBackClosings(views: readonly MailboxView[]): readonly TakenBackClosing[] {
  const found: TakenBackClosing[] = [];
  for (const { records } of views) {
    for (const { record } of records) {
      for (const retraction of record.retractions) {
        const { id, provider } = retraction;
        for (const event of record.events) {
          if (event.id === id && event.provider === provider && closesSomething(event)) {
            found.push({ event, retraction });
          }
        }
      }
    }
  }
  return found;
}

function closesSomething({ type }: ProviderEventRecord): boolean {
  return EVENT_EFFECTS[type].closes !== 'nothing' || EVENT_EFFECTS[type].closesWatch;
}
