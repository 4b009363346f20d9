import type { UsedKind } from '../decision/uses.js';
import type { DurationMs } from '../decision/vocabulary.js';

// Every list that evidence keeps is bounded here, and every time after which it is forgotten is said here.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

// For each of these ask who can fill it, and what that makes us forget: docs/decisions/0013-forgetting.md has the answers.

/**
 * Signals of each type that an account keeps one by one: enough for the last week of a busy account, small enough to
 * record. Those before them join crowds.
 */
export const MAX_SIGNALS_PER_TYPE = 8;

/**
 * Signals are forgotten this long after they happened: the longest window of any exchange is far shorter. Not those that
 * say that a mailbox is compromised, or that it was left: see `forget.ts`.
 */
export const SIGNAL_RETENTION_MS: DurationMs = 180 * DAY_MS;

/** Failed sign-ins are forgotten after this. */
export const LOGIN_FAILURE_RETENTION_MS: DurationMs = 48 * HOUR_MS;

/** Hours of failed sign-ins kept of an account: all that retention touches, with one begun and one ahead of our clock. */
export const MAX_LOGIN_FAILURE_HOURS = LOGIN_FAILURE_RETENTION_MS / HOUR_MS + 2;

export { MAX_LOGIN_FAILURES_PER_HOUR } from '../decision/login-failures.js';

/** Failed sign-ins whose ids one assessment input carries; of more it is told the numbers alone. 1 KB. */
export const MAX_LOGIN_FAILURES_PER_INPUT = 256;

/**
 * Mailboxes kept of an account. Thieves change the address first, and may change it as often as they like: an account
 * with more than these is taken to have a compromised one among those that found no place.
 */
export const MAX_MAILBOXES = 32;

/**
 * Last use of a mailbox is kept to the hour: an account that asks all day would otherwise be written all day, for
 * nothing but this time.
 */
export const LINK_RESOLUTION_MS: DurationMs = HOUR_MS;

/** A mailbox counts this long after last use; the hour makes up for the rounding, so that none goes early. */
export const LINK_USE_MS: DurationMs = 90 * DAY_MS + LINK_RESOLUTION_MS;

/** One that a provider named or the customer reported counts this long after last use: providers tell of it late. */
export const LINK_RETENTION_MS: DurationMs = 400 * DAY_MS + LINK_RESOLUTION_MS;

/** Events that one alias keeps one by one of each type and provider, unauthorised or not. Those before join crowds. */
export const MAX_EVENTS_PER_GROUP = 8;

/** Retractions of one provider kept under one alias. Without its retraction an event stands, which is the sterner. */
export const MAX_RETRACTIONS_PER_PROVIDER = 64;

/** Provider events are forgotten this long after they were said; what names a compromise, this long after it closed. */
export const PROVIDER_EVENT_RETENTION_MS: DurationMs = 400 * DAY_MS;

/** Versions kept of one cohort: it opens, is corrected, closes. Only its own provider adds any. */
export const MAX_COHORT_VERSIONS = 32;

/** Cohorts of one provider that an assessment input has one by one: the strongest open ones first. The rest are joined. */
export const MAX_COHORTS_PER_PROVIDER = 16;

/** Withdrawals of one account that the ledger keeps by name. */
export const MAX_NAMED_SPENDS = 64;

/** Sums of older withdrawals that the ledger keeps. */
export const MAX_SPEND_SUMS = 32;

/** Velocity looks back this far. */
export const SPEND_WINDOW_MS: DurationMs = DAY_MS;

export const SPEND_MINUTE_MS: DurationMs = MINUTE_MS;

/** Outflows look back this far. */
export const OUTFLOW_WINDOW_MS: DurationMs = 30 * DAY_MS;

/** Withdrawals older than a day that the ledger keeps by name. */
export const MAX_NAMED_OUTFLOWS = 48;

/** Sums of still older ones. A customer can fill both; sums count for more than their parts, never for less. */
export const MAX_OUTFLOW_SUMS = 16;

/** Balances that the ledger keeps. Who makes it drop one makes his own shares larger. */
export const MAX_BALANCES = 12;

/**
 * Devices, factors and destinations of an account whose first use is remembered, by kind. Only an allowed withdrawal of
 * real size makes a place, and who is pushed out is taken for new: nobody gains.
 */
export const MAX_USES: Readonly<Record<UsedKind, number>> = { d: 6, f: 6, a: 12 };

/** A use is forgotten this long after the last one. */
export const USE_RETENTION_MS: DurationMs = 180 * DAY_MS;

/**
 * Holds that an account's ledger carries with it, and releases. Whoever has the account can make any number of held
 * withdrawals, so that older ones are not dropped but kept by withdrawal, in a table of their own.
 */
export const MAX_HOLDS = 8;
export const MAX_RELEASES = 4;

/** Holds and releases of a withdrawal count this long: nobody asks about one for half a year. */
export const LEDGER_RETENTION_MS: DurationMs = 180 * DAY_MS;

/** Request ids are remembered this long. */
export const REQUEST_RETENTION_MS: DurationMs = 7 * DAY_MS;

/** Assessments are found by account this long. */
export const ASSESSMENT_RETENTION_MS: DurationMs = 400 * DAY_MS;

/** Tokens are known again this long after they were first seen: longer than the feed accepts old ones. */
export const TOKEN_RETENTION_MS: DurationMs = 400 * DAY_MS;

/** Refused messages kept, newest. */
export const MAX_QUARANTINED = 10_000;

/** The longest window of a governor, and how long an account keeps a hold that its governor would not give any more. */
export const GOVERNED_RETENTION_MS: DurationMs = 7 * DAY_MS;
