import type { AccountRecord, CohortRecord, FeedView, LedgerRecord, MailboxView } from './evidence.js';
import type {
  Channel,
  DestinationDoubt,
  DestinationKind,
  DestinationTag,
  DurationMs,
  MinorUnits,
  Pseudonym,
  UnixMs,
} from './vocabulary.js';

/** The destination, pseudonymised. */
export interface DestinationFacts {
  /** Keyed hash of family, account and tag: one for all spellings of a place. In records without `formerId`: as that. */
  readonly id: Pseudonym;
  /** Keyed hash of family and account, whatever the tag. Absent in records of before. */
  readonly accountId?: Pseudonym;
  /** Keyed hash of the exact network, account and tag. Absent: nothing may be trusted by it. */
  readonly trustId?: Pseudonym;
  /** Keyed hash of network and address as text: what destinations were known by before. Absent in records of then. */
  readonly formerId?: Pseudonym;
  /** Absent: it was read. */
  readonly doubt?: DestinationDoubt;
  /** Absent: the network has no tags, or is not known. */
  readonly tag?: DestinationTag;
  /**
   * Ids of the places that it may be: where tags contradict each other, or nobody knows the network. Each is looked up where something
   * is denied.
   */
  readonly contestedIds?: readonly Pseudonym[];
  /**
   * Keyed hashes of weak links: destinations that share one are likely one person's. Recorded as evidence for whoever looks across
   * accounts; no decision goes by them, and none is identity.
   */
  readonly linkIds?: readonly Pseudonym[];
  /** The exchange knew it before places were read, which counts for a time. See `withKnownBefore`. */
  readonly knownBefore?: boolean;
  /** Last four characters of the address, for people. */
  readonly suffix: string;
  /** Empty: unknown. */
  readonly network: string;
  readonly kind?: DestinationKind;
  readonly addedAt?: UnixMs;
  readonly firstUsedAt?: UnixMs;
  readonly allowlisted?: boolean;
  readonly ownershipVerified?: boolean;
}

export interface FactorFacts {
  readonly channel: Channel;
  /** Keyed hash of the exchange's id of it; absent if it named none. */
  readonly id?: Pseudonym;
  readonly enrolledAt?: UnixMs;
  readonly verifiedAt?: UnixMs;
}

/** Addresses of a request by field: its own, and those of its inline signals. */
export const UNREADABLE_EMAILS = ['email', 'signals.email'] as const;
export type UnreadableEmail = (typeof UNREADABLE_EMAILS)[number];

/** The exchange told the customer of this withdrawal, and how to object to it. */
export interface NoticeFacts {
  readonly channel: Channel;
  readonly sentAt: UnixMs;
}

/** The validated request with all identifiers of persons already pseudonymised. Absent means unknown. */
export interface RequestFacts {
  readonly withdrawalId: string;
  /** Digest of the withdrawal id, as in the ledger. */
  readonly withdrawal: string;
  readonly accountId: string;
  readonly asset: string;
  /** Decimal string in plain digits. */
  readonly amount: string;
  readonly value?: MinorUnits;
  readonly destination: DestinationFacts;
  /** 0 to 1. */
  readonly balanceShare?: number;
  readonly deviceId?: Pseudonym;
  readonly deviceFirstSeenAt?: UnixMs;
  readonly ip?: Pseudonym;
  readonly country?: string;
  /** Absent: the exchange did not say which factors the customer has. */
  readonly factors?: readonly FactorFacts[];
  readonly accountOpenedAt?: UnixMs;
  readonly kycTier?: string;
  readonly lastGoodWithdrawalAt?: UnixMs;
  /** Exact alias of the request's e-mail; absent if none was sent, or none that can be read. */
  readonly mailbox?: Pseudonym;
  /** Addresses that were sent and cannot be read, so that nothing said about their mailboxes can match. Absent: none. */
  readonly unreadableEmails?: readonly UnreadableEmail[];
  /** Absent: none. */
  readonly notices?: readonly NoticeFacts[];
}

/**
 * How stern an answer may become because of one provider's word. It weakens what the word may do to a decision, nothing
 * else: the score, the reasons and the channels that are not trusted stay as they are.
 */
export interface ProviderCap {
  readonly provider: string;
  /** Only this incident of it; absent: everything that it says. */
  readonly cohortId?: string;
  readonly most: 'STEP_UP' | 'HOLD';
  /** `GOVERNED`: it held more than it may; a person must lift that. `MAX_DECISION`: it was registered so. */
  readonly cause: 'GOVERNED' | 'MAX_DECISION';
}

/** Everything `decide` sees, and what is recorded: not what was used but what was known. */
export interface AssessmentInput {
  readonly now: UnixMs;
  readonly request: RequestFacts;
  readonly account: AccountRecord;
  readonly ledger: LedgerRecord;
  readonly mailboxes: readonly MailboxView[];
  /** Cohorts whose domains include one of the account's mailboxes. */
  readonly cohorts: readonly CohortRecord[];
  readonly feeds: readonly FeedView[];
  /** The state was behind the freshness that the caller asked for. */
  readonly behind: boolean;
  /** Absent: none. Recorded like the rest, so that an answer replays under the caps that it was given under. */
  readonly caps?: readonly ProviderCap[];
  /**
   * Absent: the clock is confirmed. Else `now` is the earlier of two times that may be the right one, and the other is this much later: trust
   * that runs out has run out by then.
   */
  readonly clockLead?: DurationMs;
}
