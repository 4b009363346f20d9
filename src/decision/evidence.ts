import type {
  Channel,
  DurationMs,
  FeedState,
  MinorUnits,
  ProviderEventType,
  Pseudonym,
  SignalType,
  UnixMs,
} from './vocabulary.js';

/** The factor that a signal speaks of. Absent means unknown. */
export interface SignalFactor {
  readonly channel: Channel;
  /** Keyed hash of the exchange's id of it, as in the request's factors. */
  readonly id?: Pseudonym;
  readonly enrolledAt?: UnixMs;
  readonly verifiedAt?: UnixMs;
}

/**
 * One signal as kept, or a crowd: what stands for all signals of a type that found no place of their own in a while.
 * Immutable.
 */
export interface SignalRecord {
  readonly type: SignalType;
  /**
   * Keyed digest of the signal's identity: `signal_id`, else (account, type, occurred_at, channel, e-mail alias, factor). Empty
   * for a crowd.
   */
  readonly id: Pseudonym;
  /** Digest of the content. Of two records with one `id` the smaller digest counts. */
  readonly digest: string;
  /** Of a crowd: when the newest of its signals happened. */
  readonly occurredAt: UnixMs;
  /** When we first heard of it; merges as the minimum. Of a crowd: no earlier than we heard of any of its signals. */
  readonly receivedAt: UnixMs;
  readonly channel?: Channel;
  /** Exact alias of the signal's e-mail. For a reset: the mailbox that the link went to. */
  readonly mailbox?: Pseudonym;
  /** Of an MFA signal: the factor that it is about. Of others: the factor over which the change was confirmed. */
  readonly factor?: SignalFactor;
  /**
   * For crowds only: when the oldest of its signals happened. One of them may have happened at any moment from here to
   * `occurredAt`.
   */
  readonly since?: UnixMs;
  /** For crowds only: its signals came over several channels, so each channel counts as theirs. */
  readonly anyChannel?: true;
  /** For crowds only: its signals are about several factors, so each factor counts as theirs. */
  readonly anyFactor?: true;
}

/** Failed sign-ins of one hour: a bottom-k sketch of their ids, so that union is a join. */
export interface LoginFailureHour {
  /** Hours since 1970. */
  readonly hour: number;
  /** The smallest 32-bit hashes of distinct ids, ascending, at most 64. The count is exact below that. */
  readonly ids: readonly number[];
  /** How many, where that is all that a decision was told: `ids` is empty then. */
  readonly count?: number;
}

/** A mailbox of an account. Known by its pseudonyms alone. */
export interface MailboxLink {
  /** Exact alias under the newest match key. Names the mailbox. */
  readonly alias: Pseudonym;
  /** All aliases under which events about it may come, with how sure a match by each is. */
  readonly aliases: readonly MailboxAlias[];
  /** Mail domain in A-labels if it belongs to an operator of the table, else its pseudonym. */
  readonly domain: string;
  /** Operator id of the table or the registry; absent if unknown. */
  readonly operator?: string;
  readonly lastUsedAt: UnixMs;
}

/**
 * How an alias was formed: `exact` the address as given, `canonical` folded by its operator's own rule (counts in
 * full), `guessed` folded by a rule we only suppose (alone at most STEP_UP), `pair` under a provider's pair key.
 */
export type AliasForm = 'exact' | 'canonical' | 'guessed' | 'pair';

export interface MailboxAlias {
  readonly alias: Pseudonym;
  readonly form: AliasForm;
}

/** What is known of one account of one tenant. */
export interface AccountRecord {
  /**
   * Per type the newest 8, by (occurredAt, id, digest), and crowds for those before them; all types in one list, newest
   * first within a type.
   */
  readonly signals: readonly SignalRecord[];
  /** Newest hour first. */
  readonly loginFailures: readonly LoginFailureHour[];
  /** At most 32, by (lastUsedAt, alias), newest first. */
  readonly mailboxes: readonly MailboxLink[];
  /** When we last heard of any signal, for crowds. Absent: never, or before there were crowds. */
  readonly heardAt?: UnixMs;
  /** Last use of the latest mailbox that found no place in `mailboxes`; absent if all did. */
  readonly mailboxDroppedAt?: UnixMs;
}

/**
 * One provider event about one mailbox, as kept under the alias it came with, or a crowd: what stands for all events of
 * one type and provider, unauthorised or not, that found no place of their own in a while. A crowd closes nothing.
 */
export interface ProviderEventRecord {
  readonly type: ProviderEventType;
  /** Registry id. */
  readonly provider: string;
  /** Digest of (issuer, jti). Empty for a crowd. */
  readonly id: string;
  /**
   * When it happened or was discovered (see `timeIs`); `iat` if the event does not say. Of a crowd: that of the newest
   * of its events.
   */
  readonly occurredAt: UnixMs;
  /** Of a crowd: the latest of its events. */
  readonly issuedAt: UnixMs;
  /** Of a crowd: no earlier than we heard of any of its events. */
  readonly receivedAt: UnixMs;
  /** RISC credential-compromise gives the time of discovery, CAEP events that of occurrence. */
  readonly timeIs: 'OCCURRED' | 'DISCOVERED';
  /** The provider says that the owner did not do it. */
  readonly unauthorised: boolean;
  /** 0 to 1, capped by the registry. */
  readonly confidence: number;
  /** For crowds only: when the oldest of its events happened or was discovered. */
  readonly since?: UnixMs;
}

/** Takes back the event with `id`, whether that came already or not. */
export interface RetractionRecord {
  readonly provider: string;
  readonly id: string;
  readonly issuedAt: UnixMs;
  /** When we heard of it. Absent in records of before: then when it was issued stands for it. */
  readonly receivedAt?: UnixMs;
}

/** What providers said about one mailbox, under one alias. */
export interface MailboxRecord {
  /** Of each type and provider, unauthorised or not, the newest 8, newest first, then crowds for those before them. */
  readonly events: readonly ProviderEventRecord[];
  readonly retractions: readonly RetractionRecord[];
  /** When we last heard of any event, for crowds. Absent: never, or before there were crowds. */
  readonly heardAt?: UnixMs;
}

/** An incident: some domains, a time window. Open while `to` is absent. */
export interface CohortRecord {
  /** Digest of (provider, the provider's own id). */
  readonly id: string;
  readonly provider: string;
  /** In the form of {@link MailboxLink.domain}. */
  readonly domains: readonly string[];
  readonly mechanism: string;
  readonly from: UnixMs;
  readonly to?: UnixMs;
  /** Part of the mailboxes affected, 0 to 1; absent if unknown. */
  readonly share?: number;
  readonly confidence: number;
  readonly issuedAt: UnixMs;
  readonly retracted: boolean;
  /** When we heard that it was taken back. Absent if it was not, and in records of before. */
  readonly retractedAt?: UnixMs;
  /** Present in what stands for several incidents in one input: when the last of them began; `from` is of the first. */
  readonly latestFrom?: UnixMs;
}

/**
 * The last characters of a pseudonym: enough to tell the few of one account apart. Pseudonyms are keyed, so nobody can
 * choose two alike.
 */
export type ShortName = string;

/** One withdrawal of the last 24 hours. When it counts as money moved: `countsUntil` in velocity.ts. */
export interface SpendRecord {
  /** Digest of the withdrawal id; empty: the sum of several. */
  readonly withdrawal: string;
  /** Minutes since 1970. */
  readonly minute: number;
  readonly value: MinorUnits;
  /** Latest verdict was ALLOW or STEP_UP. */
  readonly counted: boolean;
  /** The latest verdict was milder than it would have been with current feeds. */
  readonly degraded: boolean;
  /** The clock was not confirmed: it may have been so much later. */
  readonly leadMs?: DurationMs;
  /** The latest verdict was STEP_UP, and no ALLOW followed yet. Absent: no, or recorded by a version that did not ask. */
  readonly pending?: true;
  /** The exchange reported that it went out. */
  readonly sent?: true;
  /** The exchange reported that it was cancelled. */
  readonly cancelled?: true;
  /** Absent: several, or recorded by a version that did not keep it. */
  readonly destination?: ShortName;
  /** The destination was younger than 30 days then, or of unknown age. Absent: no. */
  readonly young?: true;
  /** Where the value is unknown: what its share was of the highest balance known. Absent: `value`. */
  readonly moved?: MinorUnits;
}

/** One withdrawal of the 30 days before the last 24 hours that counts as money moved. */
export interface OutflowRecord {
  /** Of the withdrawal id's digest; empty: the sum of several. */
  readonly withdrawal: ShortName;
  /** Minutes since 1970. */
  readonly minute: number;
  readonly value: MinorUnits;
  /** Absent: several. */
  readonly destination?: ShortName;
  /** As in {@link SpendRecord}. */
  readonly young?: true;
  /** The exchange reported that it went out. */
  readonly sent?: true;
}

/** What the account's whole balance was worth when a withdrawal was asked about: its value / its share. */
export interface BalanceRecord {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly balance: MinorUnits;
}

/** A device, factor or destination that served an allowed withdrawal of real size. */
export interface UseRecord {
  /** Kind and name: see `useTag` in uses.ts. */
  readonly tag: string;
  /** Minutes since 1970 of the first such withdrawal. */
  readonly first: number;
  /** Days since 1970 of the last one. */
  readonly last: number;
}

/** A withdrawal that was held, and what of it was: `coversTerms` in held-terms.ts. */
export interface HeldRecord {
  readonly withdrawal: string;
  /** When what is described here was first held. */
  readonly firstHeldAt: UnixMs;
  /** The clock was not confirmed: it may have been so much later. */
  readonly leadMs?: DurationMs;
  /** Absent: recorded by a version that did not keep it; then it is whatever is asked. */
  readonly destination?: Pseudonym;
  readonly asset?: string;
  /** Decimal string, in units of the asset. */
  readonly amount?: string;
  /** When this withdrawal was first held, whatever was asked then. Absent: at `firstHeldAt`. */
  readonly since?: UnixMs;
}

/** A person let a withdrawal go. */
export interface ReleaseRecord {
  readonly withdrawal: string;
  /** Keyed hash of the destination that was released. */
  readonly destination: Pseudonym;
  /** Most that may go, for releases that name no amount. */
  readonly ceiling: MinorUnits;
  readonly releasedAt: UnixMs;
  /** Together with `amount`; absent: whatever is asked. */
  readonly asset?: string;
  /** Most that may go, a decimal string in units of the asset. With it `ceiling` counts for nothing: prices move. */
  readonly amount?: string;
}

/** What our own answers left behind for one account. */
export interface LedgerRecord {
  /**
   * Newest first, the last 24 hours. At most 64 by name; the oldest beyond that are summed by minute under an empty
   * `withdrawal`, so that the total stays right.
   */
  readonly spends: readonly SpendRecord[];
  /** The newest. Older ones are kept by withdrawal, outside: see `LedgerTable`. */
  readonly holds: readonly HeldRecord[];
  /** The newest, as `holds`. */
  readonly releases: readonly ReleaseRecord[];
  /** Newest first, of the 30 days before `spends`; summed beyond 48. Absent: none. */
  readonly outflows?: readonly OutflowRecord[];
  /** Of the last 30 days, newest first, each higher than all that are newer. Absent: none. */
  readonly balances?: readonly BalanceRecord[];
  /** Last used first within a kind. Absent: none. */
  readonly uses?: readonly UseRecord[];
}

/** One of the account's mailboxes with everything providers said about it. */
export interface MailboxView {
  readonly link: MailboxLink;
  /** Records found under the link's aliases, with the form that matched. Only those that hold something. */
  readonly records: readonly { readonly form: AliasForm; readonly record: MailboxRecord }[];
}

/** The freshness of one feed that covers a mailbox of the account. */
export interface FeedView {
  /** Registry id; empty when NOT_COVERED. */
  readonly provider: string;
  readonly state: FeedState;
  readonly watermark?: UnixMs;
}
