import type { AssessmentInput, DestinationFacts, RequestFacts } from './input.js';
import { shortName } from './short-name.js';
import type { DurationMs, Pseudonym, UnixMs } from './vocabulary.js';

/** How long what was known before places were read goes on as it was: as long as a first use is kept after the last one. */
export const FORMER_WORD_MS: DurationMs = 180 * 86_400_000;

/**
 * Whether a record names this destination: by its id, or by the id that it had before places were read. Records of then name
 * the text alone, so they are met by the same text and by nothing else.
 */
export function isSameDestination({ id, formerId }: DestinationFacts, recorded: Pseudonym): boolean {
  return recorded === id || recorded === formerId;
}

/** The same for records that name a destination by the end of its id. */
export function isSameShortName({ id, formerId }: DestinationFacts, recorded: string): boolean {
  return recorded === shortName(id) || (formerId !== undefined && recorded === shortName(formerId));
}

/**
 * Whether what the exchange says for a destination counts for it: that it is known for long, allowlisted or owned. Not where
 * it could not be read, or where the tag that tells customers apart was not told. What was known before it was read so
 * goes on for a time.
 */
export function mayBeTrusted({ formerId, trustId, knownBefore }: DestinationFacts): boolean {
  return formerId === undefined || trustId !== undefined || knownBefore === true;
}

/** When the exchange says that it first knew the destination, whatever that counts for. */
export function toldSince({ addedAt, firstUsedAt }: DestinationFacts): UnixMs | undefined {
  if (addedAt === undefined || firstUsedAt === undefined) return addedAt ?? firstUsedAt;
  return Math.min(addedAt, firstUsedAt);
}

/** A former id knows no tags: where one is told, or contradicts the address, more is asked than it ever named. */
export function mayBeTrustedAsBefore({ doubt, tag }: DestinationFacts): boolean {
  return (tag === undefined || tag === 'NOT_TOLD') && doubt !== 'TAG_CONFLICT' && doubt !== 'TAG_UNREADABLE';
}

/** Under which the ledger names what it was known by before; undefined in records of then. */
export function formerTag({ formerId }: DestinationFacts): string | undefined {
  return formerId === undefined ? undefined : `a${shortName(formerId)}`;
}

/**
 * The request, with a destination that the exchange knew before we read places marked as such: the change of how we read takes
 * nothing from anybody at once. Where the exchange tells no time nobody can say that it is new.
 *
 * @param readSince since when places are read; undefined where they always were
 */
export function withKnownBefore(
  request: RequestFacts,
  readSince: UnixMs | undefined,
  now: UnixMs,
): RequestFacts {
  if (readSince === undefined || now >= readSince + FORMER_WORD_MS) return request;
  const { destination } = request;
  const { formerId, trustId } = destination;
  if (formerId === undefined || trustId !== undefined || !mayBeTrustedAsBefore(destination)) return request;
  if ((toldSince(destination) ?? Number.NEGATIVE_INFINITY) >= readSince) return request;
  return { ...request, destination: { ...destination, knownBefore: true } };
}

/** What of an account was met by a former id, or goes on by what was known before. */
export const FORMER_MATCHES = ['hold', 'release', 'use', 'outflow', 'known', 'list'] as const;
export type FormerMatch = (typeof FORMER_MATCHES)[number];

const NO_MATCHES: readonly FormerMatch[] = [];

/** What of the account still meets the destination only as it was known before. Lists are the policy's. */
export function formerMatches({ request, ledger }: AssessmentInput): readonly FormerMatch[] {
  const { destination, withdrawal } = request;
  const { formerId } = destination;
  if (formerId === undefined) return NO_MATCHES;
  const former = shortName(formerId);
  const tag = formerTag(destination);
  const found: FormerMatch[] = [];
  const isHeld = (held: { readonly withdrawal: string; readonly destination?: Pseudonym }): boolean =>
    held.withdrawal === withdrawal && held.destination === formerId;
  if (ledger.holds.some(isHeld)) found.push('hold');
  if (ledger.releases.some(isHeld)) found.push('release');
  if (ledger.uses?.some((use) => use.tag === tag)) found.push('use');
  const isOutflow = ({ destination: paid }: { readonly destination?: string }): boolean => paid === former;
  if (ledger.spends.some(isOutflow) || ledger.outflows?.some(isOutflow)) found.push('outflow');
  if (destination.knownBefore === true) found.push('known');
  return found.length === 0 ? NO_MATCHES : found;
}
