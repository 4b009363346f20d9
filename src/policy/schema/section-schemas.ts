import { FACT_NAMES } from '../../decision/facts-given.js';
import { TIME_PATTERN } from '../text/quantities.js';
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
  questions: 20,
  questionConditions: 4,
  lists: 50,
  entries: 10_000,
  customRules: 50,
  domainPriors: 200,
} as const;

const condition: Schema = { $ref: '#/$defs/condition' };
const half_life = { ...DURATION, description: 'Points halve with every such span of age. Absent: no decay.' };
const degraded = oneOfWords(['ALLOW', 'STEP_UP', 'HOLD'], 'At least this decision.');

export const TIER = closed(
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
    require: closed(
      {
        facts: someOf(FACT_NAMES, 'Facts that a request must give, by their path in it.'),
        step_up: pointsBetween(0, 100, 'From this score on: STEP_UP when one of them is missing. 0: always.'),
      },
      ['facts', 'step_up'],
      { description: 'What an exchange must say of such a withdrawal. Absent: nothing.' },
    ),
  },
  ['name', 'step_up', 'hold', 'reject', 'degraded'],
);

export const WITHOUT_ANSWER = closed(
  {
    allow_tiers: {
      type: 'array',
      items: NAME,
      minItems: 1,
      maxItems: POLICY_LIMITS.tiers,
      uniqueItems: true,
      description: 'Tiers that may go, from the smallest up; all others are held.',
    },
    destination_used_for: {
      ...DURATION,
      description: 'Only to destinations that were first paid at least so long ago.',
    },
    account_hourly_value: { ...MONEY, description: 'Most for one account in any hour.' },
    account_hourly_count: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      description: 'Most withdrawals of one account in any hour.',
    },
    hourly_value: { ...MONEY, description: 'Most for all accounts together in any hour.' },
    valid_for: {
      ...DURATION,
      description: 'How long a client may keep this, 1m to 24h; later it holds everything.',
    },
  },
  [
    'allow_tiers',
    'destination_used_for',
    'account_hourly_value',
    'account_hourly_count',
    'hourly_value',
    'valid_for',
  ],
  {
    description:
      "What an exchange's client may do alone while it gets no answer (docs/decisions/0022). Absent: it holds everything.",
  },
);

export const RULE = closed(
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

export const SEQUENCE = closed(
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

export const LOCK = closed(
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

export const QUESTION = closed(
  {
    code: CODE,
    when: listOf(condition, POLICY_LIMITS.questionConditions, 'All of these at once.', 1),
    tiers: {
      type: 'array',
      items: NAME,
      minItems: 1,
      uniqueItems: true,
      description: 'Only in these tiers. Absent: in all.',
    },
    summary: SUMMARY,
    customer_summary: CUSTOMER_SUMMARY,
  },
  ['code', 'when', 'summary'],
);

export const LIST = closed(
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
              'In clear, or `hmac:` and a pseudonym. Destinations as `network:address`, with `#TAG`, `#` (known to be none) or `#*` (any) where the network has tags; countries as two letters.',
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

export const CUSTOM_RULE = closed(
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
