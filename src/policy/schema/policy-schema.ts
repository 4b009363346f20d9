import { CHANNELS, SIGNAL_TYPES } from '../../decision/vocabulary.js';
import { TIME_PATTERN } from '../text/quantities.js';
import { CONDITION } from './condition-schema.js';
import {
  CODE,
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
  textOf,
} from './schema-parts.js';

/** Everything in a policy is bounded, so that its cost a withdrawal is. */
export const POLICY_LIMITS = {
  tiers: 10,
  groups: 50,
  rules: 200,
  sequences: 20,
  steps: 8,
  locks: 50,
  lists: 50,
  entries: 10_000,
  customRules: 50,
  domainPriors: 200,
} as const;

const condition: Schema = { $ref: '#/$defs/condition' };
const half_life = { ...DURATION, description: 'Points halve with every such span of age. Absent: no decay.' };
const degraded = oneOfWords(['ALLOW', 'STEP_UP', 'HOLD'], 'At least this decision.');

const tier = closed(
  {
    name: NAME,
    below: {
      ...MONEY,
      description: 'Values below this belong here. Absent in the last tier, and only there.',
    },
    step_up: pointsBetween(0, 100, 'From this score on: STEP_UP.'),
    hold: pointsBetween(0, 100, 'From this score on: HOLD.'),
    reject: pointsBetween(
      0,
      100,
      'From this score on: REJECT, or HOLD if a named compromise is needed and absent.',
    ),
    degraded: closed(
      {
        feed_not_current: {
          ...degraded,
          description: "When the feed of a mailbox's provider is not current.",
        },
        behind: { ...degraded, description: 'When our own state is behind what the caller asked for.' },
        hourly_allow: {
          ...MONEY,
          description: 'Most that degraded allows may add up to, per account and hour.',
        },
      },
      ['feed_not_current', 'behind', 'hourly_allow'],
      { description: 'What to do when something needed is not current.' },
    ),
  },
  ['name', 'step_up', 'hold', 'reject', 'degraded'],
);

const rule = closed(
  {
    code: CODE,
    when: condition,
    points: pointsBetween(-100, 100, 'Log-odds points of the strongest match; negative points are trust.'),
    half_life,
    window: { ...DURATION, description: 'Older matches do not count. Absent: no limit.' },
    group: GROUP,
    alone_at_most: {
      const: 'STEP_UP',
      description: 'Without other evidence this can ask for a step-up, never hold.',
    },
    times_confidence: {
      type: 'boolean',
      description: "Multiply by the provider's confidence (event, exposure).",
    },
    summary: SUMMARY,
    customer_summary: CUSTOMER_SUMMARY,
  },
  ['code', 'when', 'points', 'summary'],
);

const sequence = closed(
  {
    code: CODE,
    steps: listOf(
      closed(
        {
          name: NAME,
          any: listOf(condition, 8, 'Any of these is this step.', 1),
          points: pointsBetween(0, 100, 'Added when this step is part of the best match.'),
          required: {
            type: 'boolean',
            description: 'Without it the sequence does not count. Default false.',
          },
        },
        ['name', 'any', 'points'],
      ),
      POLICY_LIMITS.steps,
      'In the order of time.',
      2,
    ),
    min_steps: { type: 'integer', minimum: 1, description: 'At least so many steps must be found.' },
    max_gap: { ...DURATION, description: 'Two neighbouring steps may lie at most this far apart.' },
    window: { ...DURATION, description: 'Counted from the last step found; older sequences do not count.' },
    half_life,
    group: GROUP,
    summary: SUMMARY,
    customer_summary: CUSTOMER_SUMMARY,
  },
  ['code', 'steps', 'min_steps', 'max_gap', 'window', 'summary'],
);

const lock = closed(
  {
    code: CODE,
    when: condition,
    window: { ...DURATION, description: 'Holds until this long after the trigger.' },
    window_with_mailbox_trouble: {
      ...DURATION,
      description: 'Instead of `window` while an exposure or a cohort concerns a mailbox of the account.',
    },
    shape: oneOfWords(
      ['composite', 'timer'],
      'composite (default): the trigger, a destination not long known, and a new device or a large share or trouble with the mailbox. timer: the trigger alone.',
    ),
    only_destinations_younger_than: {
      ...DURATION,
      description: 'Timer only: not for destinations known longer.',
    },
    release: oneOfWords(['AUTOMATIC', 'PERSON'], 'Who ends the hold. Default AUTOMATIC.'),
    summary: SUMMARY,
    customer_summary: CUSTOMER_SUMMARY,
  },
  ['code', 'when', 'window', 'summary'],
);

const list = closed(
  {
    name: NAME,
    on: oneOfWords(
      ['account', 'destination', 'mailbox', 'domain', 'device', 'country'],
      'What the values are. Mailboxes, devices and destinations are pseudonymised when the policy is compiled.',
    ),
    effect: {
      type: 'object',
      description: 'Exactly one of `deny` and `trust`.',
      properties: {
        deny: oneOfWords(['STEP_UP', 'HOLD', 'REJECT'], 'At least this decision.'),
        trust: pointsBetween(-100, -0.1, 'Negative points, when nothing speaks against the customer.'),
      },
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
    },
    summary: SUMMARY,
    customer_summary: CUSTOMER_SUMMARY,
    entries: listOf(
      closed(
        {
          value: {
            type: 'string',
            minLength: 1,
            maxLength: 300,
            description:
              'In clear, or `hmac:` and a pseudonym. Destinations as `network:address`, countries as two letters.',
          },
          reason: textOf('Why, and who says so.'),
          expires_at: {
            type: 'string',
            pattern: TIME_PATTERN,
            description: 'RFC 3339 with a zone. Required for trust.',
          },
        },
        ['value', 'reason'],
      ),
      POLICY_LIMITS.entries,
      'What is on the list.',
    ),
  },
  ['name', 'on', 'effect', 'summary', 'entries'],
);

const customRule = closed(
  {
    code: CODE,
    expression: {
      type: 'string',
      minLength: 1,
      maxLength: 512,
      description: 'A CEL expression that is true when the points apply; docs/policy.md lists its fields.',
    },
    points: pointsBetween(-100, 100, 'Points when the expression is true.'),
    on_error: pointsBetween(0, 100, 'Points when it cannot be evaluated, e.g. because a fact is absent.'),
    group: GROUP,
    summary: SUMMARY,
    customer_summary: CUSTOMER_SUMMARY,
  },
  ['code', 'expression', 'points', 'on_error', 'summary'],
);

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
      tiers: listOf(tier, POLICY_LIMITS.tiers, 'Thresholds by amount, from the smallest values up.', 1),
      groups: {
        type: 'object',
        description: 'Caps: rules of a group together give at most so many points.',
        propertyNames: { pattern: '^[a-z][a-z0-9_-]{0,62}$' },
        additionalProperties: pointsBetween(0.1, 100, 'The cap.'),
        maxProperties: POLICY_LIMITS.groups,
      },
      rules: listOf(rule, POLICY_LIMITS.rules, 'The scorecard.'),
      sequences: listOf(sequence, POLICY_LIMITS.sequences, 'Events in an order that tells a story.'),
      locks: listOf(lock, POLICY_LIMITS.locks, 'Shapes of events that hold whatever the score.'),
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
      lists: listOf(list, POLICY_LIMITS.lists, 'Whom to deny and whom to trust.'),
      custom_rules: listOf(customRule, POLICY_LIMITS.customRules, "The exchange's own rules, in CEL."),
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
        },
        ['look_back', 'keep_after', 'watch'],
        { description: 'The time in which somebody else could read a mailbox.' },
      ),
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
          max: { ...DURATION, description: 'From the first HOLD of a withdrawal on; then STEP_UP.' },
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
