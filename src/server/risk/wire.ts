import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { ReleaseConditionKind } from '../../decision/verdict.js';
import {
  CHANNELS,
  type Channel,
  DECISIONS,
  DESTINATION_KINDS,
  type Decision,
  type DestinationKind,
  FEED_STATES,
  type FeedState,
  LEVELS,
  type Level,
  REASON_SOURCES,
  type ReasonSource,
  type Release,
  SIGNAL_TYPES,
  type SignalType,
  type UnixMs,
} from '../../decision/vocabulary.js';

/**
 * Words of the decision and numbers of the contract. In each enum of `proto/holdfast/v1` the values stand in the
 * order of the vocabulary and 0 is UNSPECIFIED, so a number is an index plus one; a test holds the two together.
 */
function numbersOf<W extends string>(words: readonly W[]): Readonly<Record<W, number>> {
  const numbers: Partial<Record<W, number>> = {};
  words.forEach((word, index) => {
    numbers[word] = index + 1;
  });
  return numbers as Record<W, number>;
}

export const DECISION_NUMBERS = numbersOf<Decision>(DECISIONS);
export const LEVEL_NUMBERS = numbersOf<Level>(LEVELS);
export const CHANNEL_NUMBERS = numbersOf<Channel>(CHANNELS);
export const REASON_SOURCE_NUMBERS = numbersOf<ReasonSource>(REASON_SOURCES);
export const FEED_STATE_NUMBERS = numbersOf<FeedState>(FEED_STATES);
export const SIGNAL_TYPE_NUMBERS = numbersOf<SignalType>(SIGNAL_TYPES);
export const DESTINATION_KIND_NUMBERS = numbersOf<DestinationKind>(DESTINATION_KINDS);
export const RELEASE_NUMBERS = numbersOf<Release>(['AUTOMATIC', 'PERSON']);
export const RELEASE_CONDITION_KINDS = [
  'WAIT',
  'VERIFY',
  'LOWER_VALUE',
  'KNOWN_DESTINATION',
  'REVIEW',
  'NOTIFY',
] as const satisfies readonly ReleaseConditionKind[];
export const RELEASE_CONDITION_KIND_NUMBERS = numbersOf<ReleaseConditionKind>(RELEASE_CONDITION_KINDS);

/** As `readTag` takes them, in the order of `DestinationTagType`. */
export const TAG_TYPES = ['text', 'id', 'hash', 'return'] as const;

/** A type of a later contract: such a tag cannot be read. */
export const UNKNOWN_TAG_TYPE = 'unknown';

export const AUDIENCE_NUMBERS = numbersOf(['ANALYST', 'CUSTOMER']);

/** The word for an enum number; undefined for UNSPECIFIED and for numbers this version does not know. */
export function wordOf<W extends string>(words: readonly W[], wireNumber: number): W | undefined {
  return words[wireNumber - 1];
}

/** Whole milliseconds, rounded down. The caller has checked the range. */
export function unixMsOf(timestamp: Timestamp): UnixMs {
  return Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1_000_000);
}
