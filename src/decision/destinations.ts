import type { LedgerRecord } from './evidence.js';
import type { AssessmentInput, DestinationFacts, RequestFacts } from './input.js';
import { shortName } from './short-name.js';
import type { Pseudonym } from './vocabulary.js';

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
 * it could not be read, or where the tag that tells customers apart was not told. What the account paid before it was
 * read so goes on.
 */
export function mayBeTrusted({ formerId, trustId, knownBefore }: DestinationFacts): boolean {
  return formerId === undefined || trustId !== undefined || knownBefore === true;
}

/** A former id knows no tags: where one is told, or contradicts the address, more is asked than it ever named. */
export function mayBeTrustedAsBefore({ doubt, tag }: DestinationFacts): boolean {
  return (tag === undefined || tag === 'NOT_TOLD') && doubt !== 'TAG_CONFLICT' && doubt !== 'TAG_UNREADABLE';
}

/** Under which the ledger names what it was known by before; undefined in records of then. */
export function formerTag({ formerId }: DestinationFacts): string | undefined {
  return formerId === undefined ? undefined : `a${shortName(formerId)}`;
}

/** The request, with a destination that the account paid before while it was known by its text marked as such. */
export function withKnownBefore(request: RequestFacts, ledger: LedgerRecord): RequestFacts {
  const { destination } = request;
  const { formerId, trustId } = destination;
  if (formerId === undefined || trustId !== undefined || !mayBeTrustedAsBefore(destination)) return request;
  return paidBefore(ledger, destination, shortName(formerId))
    ? { ...request, destination: { ...destination, knownBefore: true } }
    : request;
}

function paidBefore(
  { uses = [], spends, outflows = [] }: LedgerRecord,
  destination: DestinationFacts,
  former: string,
): boolean {
  const tag = formerTag(destination);
  return (
    uses.some((use) => use.tag === tag) ||
    spends.some((spend) => spend.destination === former && (spend.counted || spend.sent === true)) ||
    outflows.some((outflow) => outflow.destination === former)
  );
}

/** What of an account was met by a former id. */
export const FORMER_MATCHES = ['hold', 'release', 'use', 'outflow', 'list'] as const;
export type FormerMatch = (typeof FORMER_MATCHES)[number];

const NO_MATCHES: readonly FormerMatch[] = [];

/** Which records of the account still meet the destination only by its former id. Lists are the policy's. */
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
  return found.length === 0 ? NO_MATCHES : found;
}
