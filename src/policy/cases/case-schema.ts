import {
  CHANNELS,
  DECISIONS,
  DESTINATION_KINDS,
  FEED_STATES,
  LEVELS,
  PROVIDER_EVENT_TYPES,
  SIGNAL_TYPES,
} from '../../decision/vocabulary.js';
import { closed, DURATION, listOf, MONEY, oneOfWords, type Schema } from '../schema/schema-parts.js';
import { TIME_PATTERN } from '../text/quantities.js';

/** A case file is read by people; more cases belong in another file. */
const MAX_CASES = 500;
const MAX_ITEMS = 200;

const text: Schema = { type: 'string', minLength: 1, maxLength: 1000 };
const flag: Schema = { type: 'boolean' };
const amount: Schema = {
  type: 'string',
  pattern: '^[0-9]+([.][0-9]+)?$',
  description: 'In units of the asset.',
};
const ratio: Schema = { type: 'number', minimum: 0, maximum: 1 };
const time: Schema = {
  type: 'string',
  pattern: `^now$|^[+-][0-9]{1,6}[smhd]$|${TIME_PATTERN}`,
  description: 'now, -2h, +3d (from `now`), or RFC 3339 with a zone.',
};
const channels: Schema = { type: 'array', items: { enum: [...CHANNELS] }, uniqueItems: true };
const texts: Schema = { type: 'array', items: text, uniqueItems: true };

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

const factor = closed(
  { channel: oneOfWords(CHANNELS, 'As in the contract.'), id: text, enrolled: time, verified: time },
  ['channel'],
);

const request = closed(
  {
    account: text,
    withdrawal: text,
    email: orNull(text),
    asset: text,
    amount,
    value: orNull(MONEY),
    balance_share: orNull(ratio),
    destination: closed(
      {
        address: { ...text, pattern: '^[^:]+:.+$', description: '`network:address`.' },
        tag: { anyOf: [text, { type: 'null' }], description: 'Absent: not told. null: known to be none.' },
        unreadable: {
          ...flag,
          description:
            'The address is meant to be none of its network; else one that is none stands for one that is.',
        },
        kind: oneOfWords(DESTINATION_KINDS, 'As in the contract.'),
        added: orNull(time),
        first_used: orNull(time),
        allowlisted: flag,
        ownership_verified: flag,
      },
      [],
    ),
    device: orNull(closed({ id: text, first_seen: orNull(time) }, ['id'])),
    country: orNull(text),
    factors: orNull(listOf(factor, MAX_ITEMS, "The customer's factors.")),
    notices: listOf(
      closed({ channel: oneOfWords(CHANNELS, 'As in the contract.'), sent: time }, ['channel', 'sent']),
      MAX_ITEMS,
      'What the customer was told of this withdrawal.',
    ),
    account_opened: orNull(time),
    kyc_tier: orNull(text),
    last_good_withdrawal: orNull(time),
  },
  [],
  { description: 'What the exchange asks. Null takes back what the file says for all cases.' },
);

const signal = closed(
  {
    type: oneOfWords(SIGNAL_TYPES, 'As in the contract.'),
    at: time,
    channel: oneOfWords(CHANNELS, 'As in the contract.'),
    email: text,
    factor,
    received: time,
  },
  ['type', 'at'],
);

const providerEvent = closed(
  {
    type: oneOfWords(PROVIDER_EVENT_TYPES, 'What the provider said.'),
    provider: text,
    email: text,
    at: time,
    time_is: oneOfWords(['OCCURRED', 'DISCOVERED'], 'What `at` is.'),
    unauthorised: flag,
    confidence: ratio,
    received: time,
    guessed: flag,
    retracted: flag,
  },
  ['type', 'provider', 'email', 'at'],
);

const cohort = closed(
  {
    provider: text,
    domains: { ...texts, minItems: 1 },
    from: time,
    to: time,
    share: ratio,
    confidence: ratio,
    mechanism: text,
    received: time,
    retracted: flag,
  },
  ['provider', 'domains', 'from'],
);

const ledger = closed(
  {
    spends: listOf(
      closed(
        {
          at: time,
          value: MONEY,
          counted: flag,
          degraded: flag,
          pending: flag,
          sent: flag,
          cancelled: flag,
          destination: { ...text, description: '`network:address`.' },
          young: { ...flag, description: 'The destination was younger than 30 days then.' },
        },
        ['at', 'value'],
      ),
      MAX_ITEMS,
      'Other withdrawals of the last 30 days.',
    ),
    held_since: { ...time, description: 'This withdrawal was first held then.' },
    held: closed({ destination: text, asset: text, amount, first: time }, [], {
      description:
        'What was held, where it is not what is asked now; `first`: when the withdrawal was first held.',
    }),
    released: closed({ at: time, ceiling: MONEY, destination: text, asset: text, amount }, ['at'], {
      description: 'A person let this withdrawal go.',
    }),
    balances: listOf(
      closed({ at: time, value: MONEY }, ['at', 'value']),
      MAX_ITEMS,
      'What the whole balance was worth when a withdrawal was asked about.',
    ),
    used: closed(
      {
        device: time,
        destination: time,
        factors: { type: 'object', additionalProperties: time, description: 'By channel.' },
      },
      [],
      { description: 'First allowed withdrawals of real size by what the request names.' },
    ),
  },
  [],
);

const expectation = closed(
  {
    decision: oneOfWords(DECISIONS, 'What must be decided.'),
    score: {
      type: 'array',
      items: { type: 'number', minimum: 0, maximum: 100 },
      minItems: 2,
      maxItems: 2,
      description: 'Least and most.',
    },
    level: oneOfWords(LEVELS, 'The band of the score.'),
    tier: text,
    reasons: { ...texts, description: 'Codes that must be among the reasons.' },
    not_reasons: { ...texts, description: 'Codes that must not.' },
    hold_until: { ...time, pattern: `^none$|${String(time['pattern'])}` },
    hold_within: {
      type: 'array',
      items: DURATION,
      minItems: 2,
      maxItems: 2,
      description: 'The hold ends between so long and so long from now.',
    },
    release: oneOfWords(['AUTOMATIC', 'PERSON'], 'Who ends the hold.'),
    untrusted_channels: { ...channels, description: 'Exactly these.' },
    acceptable_channels: { ...channels, description: 'Exactly these.' },
    degradations: { ...texts, description: 'Codes that must be among the degradations.' },
    degraded_allow: flag,
    release_conditions: {
      type: 'array',
      items: { enum: ['WAIT', 'VERIFY', 'LOWER_VALUE', 'KNOWN_DESTINATION', 'REVIEW', 'NOTIFY'] },
      uniqueItems: true,
      description: 'Kinds that must be among the release conditions.',
    },
  },
  ['decision'],
);

const oneCase = closed(
  {
    name: text,
    description: text,
    now: time,
    request,
    mailboxes: texts,
    signals: listOf(signal, MAX_ITEMS, 'What the exchange reported.'),
    login_failures: listOf(
      closed({ at: time, count: { type: 'integer', minimum: 1, maximum: 64 } }, ['at', 'count']),
      MAX_ITEMS,
      'Failed sign-ins by the hour.',
    ),
    provider_events: listOf(providerEvent, MAX_ITEMS, 'What mail providers said of mailboxes.'),
    cohorts: listOf(cohort, MAX_ITEMS, 'Incidents of mail domains.'),
    feeds: listOf(
      closed({ provider: text, state: oneOfWords(FEED_STATES, 'Its freshness.') }, ['provider', 'state']),
      MAX_ITEMS,
      'Feeds that cover a mailbox of the account.',
    ),
    ledger,
    behind: flag,
    expect: expectation,
    expect_under: {
      type: 'object',
      additionalProperties: expectation,
      description: 'By name of another policy: what that must decide.',
    },
  },
  ['name', 'description'],
);

/** The shape of a case file; `policies/cases.schema.json` is this, for editors. */
export const CASE_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:holdfast:schema:cases:1',
  title: 'Holdfast policy cases',
  ...closed(
    {
      suite: text,
      description: { ...text, maxLength: 4000 },
      policy: { ...text, description: 'Name of the policy that `expect` speaks of.' },
      now: { type: 'string', pattern: TIME_PATTERN, description: 'RFC 3339 with a zone.' },
      request,
      cases: listOf(oneCase, MAX_CASES, 'The cases.', 1),
    },
    ['suite', 'policy', 'now', 'cases'],
  ),
};
