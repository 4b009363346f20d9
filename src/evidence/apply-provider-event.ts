import type { RetractionRecord } from '../decision/evidence.js';
import type { UnixMs } from '../decision/vocabulary.js';
import type { ProviderEventBody } from '../store/codec/entries.js';
import type { TokenMark } from '../store/codec/index-codec.js';
import { compareText } from './bounded-list.js';
import type { EvidenceTables } from './evidence-tables.js';
import { compareRetractionTimes, EMPTY_MAILBOX, evolveMailbox, type MailboxNews } from './evolve-mailbox.js';

const UNSEEN: TokenMark = { aliases: [] };

/** Lets a provider event take effect. A join (I2): a retraction may come before what it takes back. */
export function applyProviderEvent(
  tables: EvidenceTables,
  receivedAt: UnixMs,
  body: ProviderEventBody,
): void {
  const { tokenId, content } = body;
  const mark = tables.tokens.get(tokenId) ?? UNSEEN;
  switch (content.kind) {
    case 'event': {
      const isNew = tables.mailboxes.get(content.alias) === undefined;
      tables.unnamed.spoken(content.alias, content.event.provider, receivedAt, isNew);
      tell(tables, content.alias, content);
      if (mark.retraction !== undefined) takeBack(tables, content.alias, mark.retraction);
      tables.tokens.set(tokenId, {
        ...seen(mark, receivedAt),
        aliases: withAlias(mark.aliases, content.alias),
      });
      return;
    }
    case 'cohort': {
      const { cohort } = content;
      tables.cohorts.add({ tokenId, record: cohort });
      if (mark.retraction !== undefined) tables.cohorts.retract(cohort.id, mark.retraction);
      tables.tokens.set(tokenId, { ...seen(mark, receivedAt), cohort: cohort.id });
      return;
    }
    case 'retraction':
      tables.tokens.set(tokenId, seen(mark, receivedAt));
      applyRetraction(tables, content.retraction);
      return;
    case 'unknown-type':
      tables.tokens.set(tokenId, seen(mark, receivedAt));
      return;
    default:
      content satisfies never;
  }
}

function applyRetraction(tables: EvidenceTables, retraction: RetractionRecord): void {
  const { id } = retraction;
  const target = tables.tokens.get(id) ?? UNSEEN;
  const known = target.retraction;
  const first = known !== undefined && compareRetractions(known, retraction) <= 0 ? known : retraction;
  tables.tokens.set(id, { ...target, retraction: first });
  for (const alias of target.aliases) takeBack(tables, alias, first);
  if (target.cohort !== undefined) tables.cohorts.retract(target.cohort, first);
}

function tell(tables: EvidenceTables, alias: string, news: MailboxNews): void {
  const before = tables.mailboxes.get(alias) ?? EMPTY_MAILBOX;
  const after = evolveMailbox(before, news);
  if (after !== before) tables.mailboxes.set(alias, after);
}

function takeBack(tables: EvidenceTables, alias: string, retraction: RetractionRecord): void {
  tell(tables, alias, { kind: 'retraction', retraction });
}

function seen(mark: TokenMark, receivedAt: UnixMs): TokenMark {
  return { ...mark, seenAt: Math.min(mark.seenAt ?? receivedAt, receivedAt) };
}

function withAlias(aliases: readonly string[], alias: string): readonly string[] {
  return aliases.includes(alias) ? aliases : [...aliases, alias].sort(compareText);
}

function compareRetractions(a: RetractionRecord, b: RetractionRecord): number {
  return compareRetractionTimes(a, b) || compareText(a.provider, b.provider);
}
