import { mayBeTrustedAsBefore } from './destinations.js';
import type { MailboxLink } from './evidence.js';
import type { AssessmentInput, DestinationFacts } from './input.js';
import type { CompiledPolicy, ListEntry, PolicyList } from './policy-model.js';
import type { Pseudonym, UnixMs } from './vocabulary.js';

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
      return destinationKeys(request.destination, list);
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

const NONE_CONTESTED: readonly Pseudonym[] = [];

/**
 * Denied are the place and its account whatever the tag; trusted is the place on its exact network, and nothing that has a
 * doubt. Entries of before name texts: what they deny is denied whatever the tag, what they trust only where none is told.
 */
function destinationKeys(destination: DestinationFacts, { effect }: PolicyList): readonly string[] {
  const { id, accountId, trustId, formerId, contestedIds = NONE_CONTESTED } = destination;
  if (formerId === undefined) return [id];
  if (effect.kind === 'deny') {
    const keys = [id, formerId, ...contestedIds];
    return accountId === undefined ? keys : [...keys, accountId];
  }
  const keys = trustId === undefined ? [] : [trustId];
  return mayBeTrustedAsBefore(destination) ? [...keys, formerId] : keys;
}

/** Whether a list names the destination only as it was known before places were read. */
export function isListedAsBefore({ request }: AssessmentInput, { lists }: CompiledPolicy): boolean {
  const { formerId } = request.destination;
  if (formerId === undefined) return false;
  return lists.some((list) => {
    if (list.on !== 'destination' || !list.entries.has(formerId)) return false;
    const keys = destinationKeys(request.destination, list);
    return keys.includes(formerId) && !keys.some((key) => key !== formerId && list.entries.has(key));
  });
}

function aliasesOf(link: MailboxLink): readonly string[] {
  return [link.alias, ...link.aliases.map((entry) => entry.alias)];
}

function unreachable(kind: never): never {
  throw new TypeError(`no such kind of list: ${String(kind)}`);
}
