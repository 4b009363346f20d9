import { CHANNELS, PROVIDER_EVENT_TYPES, SIGNAL_TYPES } from '../../src/decision/vocabulary.js';
import { CASE_SCHEMA } from '../../src/policy/cases/case-schema.js';
import { closed, DURATION, listOf, oneOfWords, type Schema } from '../../src/policy/schema/schema-parts.js';
import { TIME_PATTERN } from '../../src/policy/text/quantities.js';
import { FACTS } from './play-document.js';

const MAX_ITEMS = 200;

const text: Schema = { type: 'string', minLength: 1, maxLength: 1500 };
const name: Schema = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,40}$' };
const flag: Schema = { type: 'boolean' };
const ratio: Schema = { type: 'number', minimum: 0, maximum: 1 };
const money: Schema = { type: 'number', exclusiveMinimum: 0, maximum: 1e9 };
const time: Schema = {
  type: 'string',
  pattern: `^now$|^[+-][0-9]{1,6}[smhd]$|${TIME_PATTERN}`,
  description: 'now, -2h, +3d, or RFC 3339 with a zone.',
};
const channel = oneOfWords(CHANNELS, 'As in the contract.');
const facts: Schema = { type: 'array', items: { enum: [...FACTS] }, uniqueItems: true };
const words: Schema = {
  type: 'array',
  items: { type: 'string', pattern: '^[A-Z][A-Z0-9_]{2,63}$' },
  minItems: 1,
  uniqueItems: true,
  description: 'A decision, or the reason of an error.',
};
const codes: Schema = { ...words, description: 'All of these.' };

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

function named(schema: Schema): Schema {
  return { type: 'object', propertyNames: name, additionalProperties: schema };
}

const account = closed(
  {
    balance: money,
    email: orNull(text),
    opened: orNull(time),
    last_good_withdrawal: orNull(time),
    factors: listOf(
      closed({ name, channel, enrolled: time }, ['name', 'channel']),
      MAX_ITEMS,
      "The customer's factors.",
    ),
    can_answer_with: { type: 'array', items: name, uniqueItems: true },
    devices: named(orNull(time)),
    destinations: named(
      closed(
        { added: orNull(time), first_used: orNull(time), allowlisted: flag, ownership_verified: flag },
        [],
      ),
    ),
  },
  [],
);

const signals = listOf(
  closed({ type: oneOfWords(SIGNAL_TYPES, 'As in the contract.'), at: time, channel, email: text }, ['type']),
  MAX_ITEMS,
  'What the exchange reports.',
  1,
);

const events = listOf(
  closed(
    {
      type: oneOfWords(PROVIDER_EVENT_TYPES, 'What the provider says.'),
      name,
      at: time,
      email: text,
      provider: text,
      time_is: oneOfWords(['OCCURRED', 'DISCOVERED'], 'What `at` is.'),
      unauthorised: flag,
      confidence: ratio,
    },
    ['type'],
  ),
  MAX_ITEMS,
  'What a mail provider says.',
  1,
);

const asks = closed(
  {
    withdrawal: text,
    request_id: text,
    value: money,
    share: ratio,
    to: name,
    on: name,
    by: oneOfWords(['owner'], 'The owner asks, not the thief.'),
    without: facts,
    unset: facts,
    states_value: { type: 'number', minimum: 0 },
    price: money,
    amount: text,
    signals,
    repeat: { type: 'integer', minimum: 1, maximum: MAX_ITEMS },
    every: DURATION,
    patience: { type: 'integer', minimum: 0, maximum: 20 },
    sends: flag,
    answers: words,
    finally: words,
    reasons: codes,
    degradations: codes,
    untrusted: { type: 'array', items: channel, uniqueItems: true },
    release: oneOfWords(['AUTOMATIC', 'PERSON'], 'Who ends the hold.'),
  },
  ['to', 'on'],
  { oneOf: [{ required: ['value'] }, { required: ['share'] }] },
);

const step: Schema = {
  ...closed(
    {
      wait: DURATION,
      signs_in: closed({ device: name, unreported: flag }, ['device']),
      enrols: closed({ name, channel, before_signal: DURATION, unreported: flag }, ['name', 'channel']),
      adds: closed({ destination: name, unreported: flag, allowlisted: flag }, ['destination']),
      moves_mail_to: closed({ email: text, channel, factor: name }, ['email']),
      signals,
      floods: closed(
        { times: { type: 'integer', minimum: 1, maximum: MAX_ITEMS }, every: DURATION, signals, events },
        ['times'],
      ),
      events,
      retracts: name,
      incident: { $ref: '#/$defs/incident' },
      reports: closed({ withdrawal: text, label: text }, ['withdrawal', 'label']),
      asks,
      any_order: { type: 'array', items: { $ref: '#/$defs/step' }, minItems: 2, maxItems: MAX_ITEMS },
    },
    [],
  ),
  minProperties: 1,
  maxProperties: 1,
};

const play = closed(
  {
    name: text,
    kind: { type: 'string', pattern: '^[A-E][0-9]{1,2}$', description: 'The point that it shows.' },
    story: text,
    by: oneOfWords(['thief', 'customer'], 'Who plays.'),
    beyond_one_account: flag,
    exact: flag,
    account,
    never_says: facts,
    steps: { type: 'array', items: { $ref: '#/$defs/step' }, minItems: 1, maxItems: MAX_ITEMS },
    leaves: {
      ...closed({ at_most: ratio, at_least: ratio, within: DURATION }, []),
      minProperties: 1,
      description: 'Parts of the balance at the beginning.',
    },
  },
  ['name', 'kind', 'story', 'by', 'steps', 'leaves'],
);

/** The incident of a policy case, which plays share. */
function incidentSchema(): unknown {
  const text = JSON.stringify(CASE_SCHEMA);
  const { properties } = JSON.parse(text) as {
    properties: { cases: { items: { properties: { cohorts: { items: unknown } } } } };
  };
  return properties.cases.items.properties.cohorts.items;
}

/** The shape of a file of plays; `plays.schema.json` is this, for editors. */
export const PLAY_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:holdfast:schema:plays:1',
  title: 'Plays of thieves and customers',
  ...closed({ suite: text, description: text, account, plays: listOf(play, MAX_ITEMS, 'The plays.', 1) }, [
    'suite',
    'description',
    'plays',
  ]),
  $defs: { step, incident: incidentSchema() },
};
