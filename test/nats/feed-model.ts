import type { CampaignMessage } from './campaign.js';

/** What a mailbox must have come to: ids of events kept, and of events taken back. */
export interface ModelMailbox {
  readonly events: readonly string[];
  readonly retractions: readonly string[];
}

/** Of each type a mailbox keeps this many. */
const KEPT = 8;

interface ModelEvent {
  readonly type: string;
  readonly at: number;
  readonly id: string;
}

/**
 * What a feed must come to, said as simply as it can be: whatever was lost, repeated or late on the way, everything that
 * the provider said counts once; of each type of event the latest eight by (time, id) are kept; order does not matter.
 */
export class FeedModel {
  /** Ids of tokens that are evidence. */
  readonly tokens = new Set<string>();
  readonly refused: Record<string, number> = {};
  readonly #retracted = new Set<string>();
  readonly #events = new Map<string, ModelEvent[]>();

  add({ made, tokenId }: CampaignMessage): void {
    switch (made.kind) {
      case 'bad':
        this.refused[made.reason] = (this.refused[made.reason] ?? 0) + 1;
        return;
      case 'heartbeat':
        return;
      case 'retraction':
        this.#retracted.add(made.of);
        break;
      case 'event': {
        const events = this.#events.get(made.subject) ?? [];
        events.push({ type: made.type, at: made.at, id: tokenId });
        this.#events.set(made.subject, events);
        break;
      }
      case 'without-effect':
        break;
      default:
        made satisfies never;
    }
    this.tokens.add(tokenId);
  }

  /** By `sub_id`. */
  mailboxes(): Map<string, ModelMailbox> {
    const mailboxes = new Map<string, ModelMailbox>();
    for (const [subject, all] of this.#events) {
      const types = [...new Set(all.map(({ type }) => type))];
      const latestOf = (type: string) =>
        all
          .filter((event) => event.type === type)
          .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
          .slice(0, KEPT);
      const events = types.flatMap(latestOf).map(({ id }) => id);
      const retractions = all.map(({ id }) => id).filter((id) => this.#retracted.has(id));
      mailboxes.set(subject, { events: events.sort(), retractions: retractions.sort() });
    }
    return mailboxes;
  }
}
