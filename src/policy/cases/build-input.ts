import type { CohortRecord, FeedView } from '../../decision/evidence.js';
import type { AssessmentInput, DestinationFacts, RequestFacts } from '../../decision/input.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import type { ListPseudonyms, ToldTag } from '../list-pseudonyms.js';
import { readMoney } from '../text/quantities.js';
import { buildAccount, buildFactor, buildMailboxes } from './build-evidence.js';
import { buildLedger, WITHDRAWAL } from './build-ledger.js';
import type {
  CaseDocument,
  CaseFileDocument,
  DestinationDocument,
  RequestDocument,
} from './case-document.js';
import { caseTime } from './case-time.js';

/** How a case's clear names become those of evidence: must agree with what the policy's lists were compiled with. */
export interface CaseIdentity extends ListPseudonyms {
  operatorOf(domain: string): string | undefined;
}

const DEFAULT_DESTINATION = 'bitcoin:bc1qcase0000000000000000000000000000dest';

/**
 * Turns a case into what `decide` sees.
 *
 * @throws RangeError for a time or an amount that does not exist, naming it
 */
export function buildInput(
  file: CaseFileDocument,
  one: CaseDocument,
  identity: CaseIdentity,
): AssessmentInput {
  const fileNow = caseTime(file.now, 0);
  const now = one.now === undefined ? fileNow : caseTime(one.now, fileNow);
  const asked = mergeRequests(file.request ?? {}, one.request ?? {});
  const emails = new Set<string>();
  if (asked.email != null) emails.add(asked.email);
  for (const signal of one.signals ?? []) if (signal.email !== undefined) emails.add(signal.email);
  for (const email of one.mailboxes ?? []) emails.add(email);
  const mailboxes = buildMailboxes([...emails], one.provider_events ?? [], now, identity);
  const request = buildRequest(asked, now, identity);
  return {
    now,
    request,
    account: buildAccount(one, mailboxes, now, identity),
    ledger: buildLedger(one, request, now, identity),
    mailboxes,
    cohorts: (one.cohorts ?? []).map(
      (cohort, index): CohortRecord => ({
        id: `cohort-${index}`,
        provider: cohort.provider,
        domains: cohort.domains.map((domain) => identity.domain(domain) ?? domain),
        mechanism: cohort.mechanism ?? 'unknown',
        from: caseTime(cohort.from, now),
        ...(cohort.to !== undefined && { to: caseTime(cohort.to, now) }),
        ...(cohort.share !== undefined && { share: cohort.share }),
        confidence: cohort.confidence ?? 1,
        issuedAt: caseTime(cohort.received ?? cohort.from, now),
        retracted: cohort.retracted ?? false,
      }),
    ),
    feeds: (one.feeds ?? []).map((feed): FeedView => ({ provider: feed.provider, state: feed.state })),
    behind: one.behind ?? false,
  };
}

function mergeRequests(base: RequestDocument, own: RequestDocument): RequestDocument {
  return { ...base, ...own, destination: { ...base.destination, ...own.destination } };
}

function buildRequest(asked: RequestDocument, now: UnixMs, identity: CaseIdentity): RequestFacts {
  const at = (text: string | null | undefined): UnixMs | undefined =>
    text == null ? undefined : caseTime(text, now);
  const { destination = {}, device } = asked;
  const address = destination.address ?? DEFAULT_DESTINATION;
  return compact<RequestFacts>({
    withdrawalId: asked.withdrawal ?? 'w-1',
    withdrawal: WITHDRAWAL,
    accountId: asked.account ?? 'account-1',
    asset: asked.asset ?? 'BTC',
    amount: asked.amount ?? '1',
    // As in a request: nothing for a positive amount is no fact.
    value: asked.value == null ? undefined : money(asked.value) || undefined,
    destination: compact<RequestFacts['destination']>({
      ...askedDestination(address, destination, identity),
      kind: destination.kind,
      addedAt: at(destination.added),
      firstUsedAt: at(destination.first_used),
      allowlisted: destination.allowlisted,
      ownershipVerified: destination.ownership_verified,
    }),
    balanceShare: asked.balance_share || undefined,
    deviceId: device == null ? undefined : identity.device(device.id),
    deviceFirstSeenAt: at(device?.first_seen),
    country: asked.country ?? undefined,
    factors: asked.factors?.map((factor) => buildFactor(factor, now)),
    accountOpenedAt: at(asked.account_opened),
    kycTier: asked.kyc_tier ?? undefined,
    lastGoodWithdrawalAt: at(asked.last_good_withdrawal),
    notices: asked.notices?.map(({ channel, sent }) => ({ channel, sentAt: caseTime(sent, now) })),
    mailbox: asked.email == null ? undefined : identity.mailbox(asked.email)?.[0],
  });
}

/** @param address `network:address`, with `#TAG` or `#` for none behind it where `tag` does not say */
export function destinationName(
  address: string,
  identity: CaseIdentity,
  tag?: string | null,
): DestinationFacts {
  const [network = '', ...rest] = address.split(':');
  const [bare = '', ...behind] = rest.join(':').split('#');
  const written = behind.length === 0 ? tag : behind.join('#') || null;
  const { hasTagTypes: _, ...names } = identity.destination(network, bare, toldTag(written));
  return { ...names, network };
}

function toldTag(tag: string | null | undefined): ToldTag {
  if (tag === undefined) return { kind: 'not-told' };
  return tag === null ? { kind: 'none' } : { kind: 'value', value: tag };
}

/** Stories name places as they like: one that is no address stands for one that is, unless the story is about that. */
function askedDestination(
  address: string,
  { tag, unreadable = false }: DestinationDocument,
  identity: CaseIdentity,
): DestinationFacts {
  const named = destinationName(address, identity, tag);
  const { doubt, ...rest } = named;
  if (unreadable || (doubt !== 'ADDRESS_UNREADABLE' && doubt !== 'NETWORK_UNKNOWN')) return named;
  return named.tag === 'NOT_TOLD' ? rest : { ...rest, trustId: `story:${named.id}` };
}

/** @throws RangeError for an amount that does not exist */
export function money(value: number | string): number {
  const minor = readMoney(value);
  if (minor === undefined) throw new RangeError(`\`${value}\` is not an amount of money`);
  return minor;
}

type Loose<T> = { [K in keyof T]: T[K] | undefined };

/** Drops undefined members: in the input an absent fact is an absent member. */
export function compact<T extends object>(facts: Loose<T>): T;
export function compact(facts: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
