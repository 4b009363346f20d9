import { CHANNELS, SIGNAL_TYPES } from '../../decision/vocabulary.js';
import { DRAIN_WINDOWS } from '../policy-document.js';
import { CONDITION } from './condition-schema.js';
import {
  CUSTOMER_SUMMARY,
  closed,
  DURATION,
  GROUP,
  listOf,
  MONEY,
  NAME,
  oneOfWords,
  pointsBetween,
  type Schema,
  SUMMARY,
  share,
  someOf,
} from './schema-parts.js';
import {
  CUSTOM_RULE,
  LIST,
  LOCK,
  POLICY_LIMITS,
  QUESTION,
  RULE,
  SEQUENCE,
  TIER,
  WITHOUT_ANSWER,
} from './section-schemas.js';

/** The shape of a policy's text; `policies/policy.schema.json` is this, for editors. */
export const POLICY_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:holdfast:schema:policy:1',
  title: 'Holdfast policy',
  description: 'How withdrawals are judged. docs/policy.md explains each field.',
  ...closed(
    {
      version: { const: 1, description: 'Version of this format.' },
      name: NAME,
      description: { type: 'string', maxLength: 2000, description: 'What the policy is for.' },
      currency: {
        type: 'string',
        pattern: '^[A-Z]{3}$',
        description: 'ISO 4217 code of all money in the policy.',
      },
      points_to_double_odds: {
        type: 'number',
        minimum: 1,
        maximum: 20,
        description:
          'So many points double the odds of a takeover. 5: a likelihood ratio of 10 is 17 points.',
      },
      tiers: listOf(TIER, POLICY_LIMITS.tiers, 'Thresholds by amount, from the smallest values up.', 1),
      tier_window: oneOfWords(
        DRAIN_WINDOWS,
        'The tier is that of what went to destinations younger than 30 days in so long, where that is more than 24 hours of all.',
      ),
      groups: {
        type: 'object',
        description: 'Caps: rules of a group together give at most so many points.',
        propertyNames: { pattern: '^[a-z][a-z0-9_-]{0,62}$' },
        additionalProperties: pointsBetween(0.1, 100, 'The cap.'),
        maxProperties: POLICY_LIMITS.groups,
      },
      rules: listOf(RULE, POLICY_LIMITS.rules, 'The scorecard.'),
      sequences: listOf(SEQUENCE, POLICY_LIMITS.sequences, 'Events in an order that tells a story.'),
      locks: listOf(LOCK, POLICY_LIMITS.locks, 'Shapes of events that hold whatever the score.'),
      lock_shape: closed(
        {
          destination_known_after: {
            ...DURATION,
            description: 'A destination this old is long known: no lock.',
          },
          large_share: share('From this share of the balance on, a withdrawal is large.'),
          value_floor: { ...MONEY, description: 'Below this value no share is large.' },
        },
        ['destination_known_after', 'large_share', 'value_floor'],
        { description: 'What composite locks mean by a known destination and a large withdrawal.' },
      ),
      questions: listOf(
        QUESTION,
        POLICY_LIMITS.questions,
        'What asks for a confirmation whatever the score.',
      ),
      lists: listOf(LIST, POLICY_LIMITS.lists, 'Whom to deny and whom to trust.'),
      custom_rules: listOf(CUSTOM_RULE, POLICY_LIMITS.customRules, "The exchange's own rules, in CEL."),
      domain_prior: {
        type: 'object',
        description: 'Points by mail operator: what its record alone says. Small: it never holds anybody.',
        propertyNames: { pattern: '^[a-z0-9][a-z0-9-]{0,62}$' },
        additionalProperties: pointsBetween(0.1, 10, 'The points.'),
        maxProperties: POLICY_LIMITS.domainPriors,
      },
      cohort: closed(
        {
          base_rate: share('Share of mailboxes in trouble on an ordinary day.'),
          default_share: share('Share affected when the provider does not say.'),
          at_most: pointsBetween(0, 100, 'Cap of the points.'),
          after: { ...DURATION, description: 'How long after its end an incident still counts.' },
          group: GROUP,
          summary: SUMMARY,
          customer_summary: CUSTOMER_SUMMARY,
        },
        ['base_rate', 'default_share', 'at_most', 'after'],
        { description: 'How an incident of a mail domain raises the score of its members.' },
      ),
      exposure: closed(
        {
          look_back: {
            ...DURATION,
            description: 'How long before its discovery an exposure is taken to begin.',
          },
          keep_after: { ...DURATION, description: 'How long after its end an exposure still counts.' },
          watch: { ...DURATION, description: 'How long a new app password is watched.' },
          until_closed: {
            type: 'boolean',
            description:
              'One that nobody closes stays open, and ages from `keep_after` after it was last said. Absent: it ends `keep_after` after it happened.',
          },
          half_open: {
            ...DURATION,
            description:
              'How long a forced change, a revocation of app passwords or a re-enabling leaves an exposure half open. Absent: it closes it.',
          },
        },
        ['look_back', 'keep_after', 'watch'],
        { description: 'The time in which somebody else could read a mailbox.' },
      ),
      without_answer: WITHOUT_ANSWER,
      trust_floor: pointsBetween(-100, 0, 'Negative points together go no lower.'),
      reject_needs_named_compromise: {
        type: 'boolean',
        description:
          'REJECT by score only when a provider or the customer named the mailbox compromised; else HOLD.',
      },
      step_up: closed(
        {
          channels: someOf(CHANNELS, 'In order of preference.'),
          verified_within: {
            ...DURATION,
            description: 'A factor verified this recently satisfies a STEP_UP.',
          },
          factor_margin: {
            ...DURATION,
            description:
              'A factor is older than the trouble if it was enrolled more than this before it. Absent: at all before it.',
          },
          notice: closed(
            {
              channels: someOf(
                CHANNELS,
                'Over which the customer may be told, in order of preference: factors that he has, older than the trouble. EMAIL only while nothing speaks of the mailbox.',
              ),
              hold: {
                ...DURATION,
                description: 'How long after the notice he may object. 24h to `hold.review_after`.',
              },
              unless: closed(
                {
                  signals: someOf(SIGNAL_TYPES, 'After one of these the channels are not what they were.'),
                  within: { ...DURATION, description: 'For so long.' },
                },
                ['signals', 'within'],
                { description: 'When a person decides all the same.' },
              ),
            },
            ['channels', 'hold', 'unless'],
            {
              description:
                'A question to a customer without any factor of `channels`: the exchange tells him of the withdrawal, and it waits for his objection. Absent: a person decides.',
            },
          ),
        },
        ['channels', 'verified_within'],
      ),
      sim_trouble: closed(
        {
          signals: someOf(SIGNAL_TYPES, 'After one of these, SMS and VOICE are untrusted.'),
          window: { ...DURATION, description: 'For so long.' },
        },
        ['signals', 'window'],
      ),
      hold: closed(
        {
          max: {
            ...DURATION,
            description:
              'From the first HOLD of a withdrawal on; then STEP_UP. Another destination or asset, or more of it, begins anew.',
          },
          total: {
            ...DURATION,
            description:
              'What is asked may change so long after the first HOLD; later only a person ends it. Absent: always.',
          },
          review_after: {
            ...DURATION,
            description: 'When a hold that only a person may end is due for review.',
          },
          degraded: {
            ...DURATION,
            description: 'How long a hold lasts that has no cause but a feed not current.',
          },
        },
        ['max', 'review_after', 'degraded'],
      ),
    },
    [
      'version',
      'name',
      'currency',
      'points_to_double_odds',
      'tiers',
      'cohort',
      'exposure',
      'trust_floor',
      'reject_needs_named_compromise',
      'step_up',
      'sim_trouble',
      'hold',
    ],
  ),
  $defs: { condition: CONDITION },
};
