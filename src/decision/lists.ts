import type { MailboxLink } from './evidence.js';
import type { AssessmentInput } from './input.js';
import type { CompiledPolicy, ListEntry, PolicyList } from './policy-model.js';
import type { UnixMs } from './vocabulary.js';

/** A list that names something of this withdrawal. */
export interface ListHit {
  readonly list: PolicyList;
  readonly entry: ListEntry;
  /** Counts before this; infinite if the entry does not expire. */
  readonly activeUntil: UnixMs;
}

const NO_HITS: readonly ListHit[] = [];

/** One hit a list at most: of several entries that apply, the one that lasts longest. */
export function listHits(input: AssessmentInput, policy: CompiledPolicy): readonly ListHit[] {
  if (policy.lists.length === 0) return NO_HITS;
  const hits: ListHit[] = [];
  const { clockLead = 0 } = input;
  for (const list of policy.lists) {
    let hit: ListHit | undefined;
    for (const key of keysOf(input, list)) {
      const entry = list.entries.get(key);
      if (entry === undefined) continue;
      // While two times are possible, trust has run out by the later one.
      const early = list.effect.kind === 'trust' ? clockLead : 0;
      const activeUntil = (entry.expiresAt ?? Number.POSITIVE_INFINITY) - early;
      if (hit === undefined || activeUntil > hit.activeUntil) hit = { list, entry, activeUntil };
    }
    if (hit !== undefined) hits.push(hit);
  }
  return hits;
}

function keysOf(input: AssessmentInput, list: PolicyList): readonly string[] {
  const { request, mailboxes } = input;
  switch (list.on) {
    case 'account':
      return [request.accountId];
    case 'destination':
      return [request.destination.id];
    case 'mailbox':
      return mailboxes.flatMap(({ link }) => aliasesOf(link));
    case 'domain':
      return mailboxes.map(({ link }) => link.domain);
    case 'device':
      return request.deviceId === undefined ? [] : [request.deviceId];
    case 'country':
      return request.country === undefined ? [] : [request.country];
    default:
      return unreachable(list.on);
  }
}

function aliasesOf(link: MailboxLink): readonly string[] {
  return [link.alias, ...link.aliases.map((entry) => entry.alias)];
}

function unreachable(kind: never): never {
  throw new TypeError(`no such kind of list: ${String(kind)}`);
}
