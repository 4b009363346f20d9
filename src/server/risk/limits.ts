import { EARLIEST_TIME } from '../../decision/vocabulary.js';

/** Limits of the contract (docs: `proto/holdfast/v1`). Characters are Unicode code points. */

export const MAX_ID_CHARACTERS = 128;
/** RFC 5321 leaves 254 for an address inside a path. */
export const MAX_EMAIL_CHARACTERS = 254;
export const MAX_ASSET_CHARACTERS = 32;
/** A longer name is no network that we know; this much of it is kept. */
export const MAX_NETWORK_CHARACTERS = 64;
export const MAX_KYC_TIER_CHARACTERS = 32;
export const MAX_ATTRIBUTES = 16;
export const MAX_ATTRIBUTE_KEY_CHARACTERS = 64;
export const MAX_ATTRIBUTE_VALUE_CHARACTERS = 256;
export const MAX_INLINE_SIGNALS = 64;
export const MAX_BATCH_SIGNALS = 500;
export const MAX_BATCH_OUTCOMES = 500;
export const MAX_BATCH_CLIENT_DECISIONS = 100;
export const MAX_REPORTER_CHARACTERS = 128;
export const MAX_FACTORS = 16;
/** One over each channel. */
export const MAX_NOTICES = 8;
export const MAX_TOKEN_CHARACTERS = 512;

/** Far above any withdrawal, far below where integers in minor units stop being exact. */
export const MAX_REFERENCE_VALUE = 1e12;
/** Minor units of the policy's currency in one unit. */
export const MINOR_UNITS_PER_UNIT = 100;

/** Clocks of honest callers differ by seconds; five minutes is the contract's tolerance. */
export const MAX_AHEAD_MS = 5 * 60_000;

/** 9999-12-31T23:59:59Z, the last second a protobuf Timestamp may name. */
export const MAX_TIMESTAMP_SECONDS = 253_402_300_799n;

/** The first second of {@link EARLIEST_TIME}. */
export const EARLIEST_SECONDS = BigInt(EARLIEST_TIME / 1000);

/** How long a `request_id` is remembered. */
export const REQUEST_ID_RETENTION_MS = 7 * 24 * 3_600_000;

/** How long a `request_id` gets the identical answer whatever became known since: longer than anybody retries. */
export const RETRY_WINDOW_MS = 15 * 60_000;

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 500;
