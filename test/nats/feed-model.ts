import type { CampaignMessage } from './campaign.js';

/** What a feed must have come to, said as simply as it can be. */
export interface ModelState {
  readonly accepted: number;
  readonly duplicates: number;
  readonly heartbeats: number;
  readonly refused: Record<string, number>;
  /** By mailbox: ids of events kept, and of events taken back. */
  readonly mailboxes: Map<string, { events: string[]; retractions: string[] }>;
}

/** Of each type a mailbox keeps this many. */
const KEPT = 8;

/** A message counts once; of each type of event the latest eight by (time, id) are kept; order does not matter. */
export function model(messages: readonly CampaignMessage[]): ModelState {
  const seen = new Map<string, CampaignMessage>();
  let duplicates = 0;
  let heartbeats = 0;
  const refused: Record<string, number> = {};
  for (const message of messages) {
    const { made, tokenId } = message;
    if (made.kind === 'bad') refused[made.reason] = (refused[made.reason] ?? 0) + 1;
    else if (made.kind === 'heartbeat') heartbeats++;
    else if (seen.has(tokenId)) duplicates++;
    else seen.set(tokenId, message);
  }
  const retracted = new Set(
    [...seen.values()].flatMap(({ made }) => (made.kind === 'retraction' ? [made.of] : [])),
  );
  const boxes = new Map<string, { type: string; at: number; id: string }[]>();
  for (const { made, tokenId } of seen.values()) {
    if (made.kind !== 'event') continue;
    const events = boxes.get(made.mailbox) ?? [];
    events.push({ type: made.type, at: made.at, id: tokenId });
    boxes.set(made.mailbox, events);
  }
  const mailboxes = new Map<string, { events: string[]; retractions: string[] }>();
  for (const [mailbox, all] of boxes) {
    const types = [...new Set(all.map(({ type }) => type))];
    const latestOf = (type: string) =>
      all
        .filter((event) => event.type === type)
        .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
        .slice(0, KEPT);
    const events = types.flatMap(latestOf).map(({ id }) => id);
    const retractions = all.map(({ id }) => id).filter((id) => retracted.has(id));
    mailboxes.set(mailbox, { events: events.sort(), retractions: retractions.sort() });
  }
  return { accepted: seen.size, duplicates, heartbeats, refused, mailboxes };
}
