import type { DescEnum } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  CHANNELS,
  DECISIONS,
  DESTINATION_KINDS,
  FEED_STATES,
  LEVELS,
  REASON_SOURCES,
  SIGNAL_TYPES,
} from '../../../src/decision/vocabulary.js';
import {
  ChannelSchema,
  DecisionSchema,
  FeedStateSchema,
  LevelSchema,
  ReasonSourceSchema,
  ReleaseConditionKindSchema,
  ReleaseSchema,
} from '../../../src/gen/holdfast/v1/decision_pb.js';
import { DestinationKindSchema } from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalTypeSchema } from '../../../src/gen/holdfast/v1/signal_pb.js';
import {
  CHANNEL_NUMBERS,
  DECISION_NUMBERS,
  DESTINATION_KIND_NUMBERS,
  FEED_STATE_NUMBERS,
  LEVEL_NUMBERS,
  REASON_SOURCE_NUMBERS,
  RELEASE_CONDITION_KIND_NUMBERS,
  RELEASE_CONDITION_KINDS,
  RELEASE_NUMBERS,
  SIGNAL_TYPE_NUMBERS,
  unixMsOf,
  wordOf,
} from '../../../src/server/risk/wire.js';

interface Pair {
  readonly schema: DescEnum;
  readonly words: readonly string[];
  readonly numbers: Readonly<Record<string, number>>;
}

const PAIRS: readonly Pair[] = [
  { schema: DecisionSchema, words: DECISIONS, numbers: DECISION_NUMBERS },
  { schema: LevelSchema, words: LEVELS, numbers: LEVEL_NUMBERS },
  { schema: ReleaseSchema, words: ['AUTOMATIC', 'PERSON'], numbers: RELEASE_NUMBERS },
  { schema: ChannelSchema, words: CHANNELS, numbers: CHANNEL_NUMBERS },
  { schema: ReasonSourceSchema, words: REASON_SOURCES, numbers: REASON_SOURCE_NUMBERS },
  { schema: FeedStateSchema, words: FEED_STATES, numbers: FEED_STATE_NUMBERS },
  { schema: DestinationKindSchema, words: DESTINATION_KINDS, numbers: DESTINATION_KIND_NUMBERS },
  { schema: SignalTypeSchema, words: SIGNAL_TYPES, numbers: SIGNAL_TYPE_NUMBERS },
  {
    schema: ReleaseConditionKindSchema,
    words: RELEASE_CONDITION_KINDS,
    numbers: RELEASE_CONDITION_KIND_NUMBERS,
  },
];

describe.each(PAIRS)('$schema.typeName', ({ schema, words, numbers }) => {
  const prefix = schema.sharedPrefix?.toUpperCase() ?? '';
  const specified = schema.values.filter((value) => value.number !== 0);

  test('every word has the number that the contract gives its name', () => {
    const byContract = Object.fromEntries(
      specified.map((value) => [value.name.slice(prefix.length), value.number]),
    );
    expect(numbers).toEqual(byContract);
  });

  test('every number reads back as its name', () => {
    const readBack = specified.map((value) => prefix + wordOf(words, value.number));
    expect(readBack).toEqual(specified.map((value) => value.name));
  });

  test('UNSPECIFIED and numbers of later versions are no words', () => {
    const highest = Math.max(...specified.map((value) => value.number));
    expect([0, -1, highest + 1].map((number) => wordOf(words, number))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test('a part of a millisecond is rounded down', () => {
  const timestamp = { $typeName: 'google.protobuf.Timestamp' as const, seconds: 7n, nanos: 1_999_999 };
  expect(unixMsOf(timestamp)).toBe(7_001);
});
