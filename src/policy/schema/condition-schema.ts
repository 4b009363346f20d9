import { DRAIN_SCOPES } from '../../decision/drains.js';
import { CHANNELS, PROVIDER_EVENT_TYPES, SIGNAL_TYPES } from '../../decision/vocabulary.js';
import { type ConditionDocument, DRAIN_WINDOWS } from '../policy-document.js';
import { closed, DURATION, MONEY, oneOfWords, type Schema, share, someOf } from './schema-parts.js';

/** The keys that say what a condition looks for; each condition has exactly one. */
export const MAIN_KEYS = [
  'signal',
  'event',
  'exposure',
  'cohort',
  'watch',
  'login_failures',
  'destination_age',
  'destination_used',
  'destination_not_used',
  'destination_allowlisted',
  'destination_owned',
  'device_age',
  'balance_share',
  'account_age',
  'last_good_withdrawal',
  'withdrawals_in_24h',
  'device_unproven',
  'factor_unproven',
  'destination_unproven',
  'drain',
] as const satisfies readonly (keyof ConditionDocument)[];

export type MainKey = (typeof MAIN_KEYS)[number];

const below = { ...DURATION, description: 'Younger than this.' };
const atLeast = { ...DURATION, description: 'At least this old.' };
const age = (description: string): Schema =>
  closed({ below, at_least: atLeast }, [], { description, minProperties: 1 });

const unproven = (description: string): Schema =>
  closed(
    {
      below: { ...DURATION, description: 'It came less than this ago. At most 180d.' },
      used_below: {
        ...DURATION,
        description:
          'And it served no allowed withdrawal of real size at least this long ago. Absent: none at all yet.',
      },
    },
    ['below'],
    { description },
  );

const signalTypes = someOf(SIGNAL_TYPES, 'Any of these signals of the exchange.');

/** What a rule, a step or a lock looks for. */
export const CONDITION: Schema = closed(
  {
    signal: signalTypes,
    channels: someOf(CHANNELS, 'With `signal`: only over one of these channels.'),
    in_exposure: oneOfWords(
      ['named', 'half_open', 'cohort'],
      'With `signal`: only if its mailbox was inside an exposure while that was open (named) or half open, or in the window of a cohort, when it happened.',
    ),
    event: someOf(PROVIDER_EVENT_TYPES, 'Any of these events of a mail provider, not retracted.'),
    unauthorised: {
      type: 'boolean',
      description:
        'With `event`: only if the provider says (or, for false, does not say) that the owner did not do it.',
    },
    after_exposure: {
      const: true,
      description:
        'With `event`: only if an exposure of its mailbox, or the window of a cohort that includes it, began before.',
    },
    followed_by: closed({ signal: signalTypes, within: DURATION }, ['signal', 'within'], {
      description: 'With `event`: only if one of these signals came at most so long after it.',
    }),
    exposure: oneOfWords(
      ['any', 'open', 'half_open'],
      'A mailbox of the account that somebody else could read, by the word of a provider or of the customer.',
    ),
    cohort: oneOfWords(['any', 'open'], 'A mailbox of the account is in an incident of its mail domain.'),
    watch: oneOfWords(['any'], 'An app password was made for the mailbox, honestly or not.'),
    login_failures: closed(
      { at_least: { type: 'integer', minimum: 1, maximum: 1000 }, within: DURATION },
      ['at_least', 'within'],
      {
        description: 'So many distinct failed sign-ins in so long. Counted by the hour, at most 64 an hour.',
      },
    ),
    destination_age: closed({ below }, ['below'], {
      description: 'The destination was added less than this ago.',
    }),
    destination_used: closed({ at_least: atLeast }, ['at_least'], {
      description: 'The destination was first paid at least this long ago.',
    }),
    destination_not_used: closed({ at_least: atLeast }, ['at_least'], {
      description:
        'The destination was not, as far as we know, first paid at least this long ago. An absent fact matches.',
    }),
    destination_allowlisted: closed({ at_least: atLeast }, ['at_least'], {
      description: 'On the allowlist and added at least this long ago.',
    }),
    destination_owned: {
      const: true,
      description: "The exchange proved that the destination is the customer's own.",
    },
    device_age: age('When the device of this session was first seen.'),
    balance_share: closed({ at_least: share('From this share on.') }, ['at_least'], {
      description: 'The share of the balance that this withdrawal moves.',
    }),
    account_age: age('When the account was opened.'),
    last_good_withdrawal: closed({ at_least: atLeast }, ['at_least'], {
      description: 'The last withdrawal known to be good is at least this long ago.',
    }),
    withdrawals_in_24h: closed({ at_least: { type: 'integer', minimum: 2, maximum: 1000 } }, ['at_least'], {
      description: 'So many withdrawals in the last 24 hours, this one included.',
    }),
    device_unproven: unproven("The session's device is young and served no withdrawal yet."),
    factor_unproven: unproven('A factor beside older ones is young and served no withdrawal yet.'),
    destination_unproven: unproven('The destination is young and no withdrawal went there yet.'),
    drain: closed(
      {
        of: oneOfWords(
          DRAIN_SCOPES,
          'account: all; young: what went to destinations younger than 30 days; destination: what went to this one.',
        ),
        within: oneOfWords(DRAIN_WINDOWS, 'In so long.'),
        share: share('From this share of the highest balance of that time on. Or `value`.'),
        value: { ...MONEY, description: 'From this value on. Or `share`.' },
        by_at_least: {
          type: 'integer',
          minimum: 2,
          maximum: 48,
          description: 'By so many withdrawals, this one included. Absent: one is enough.',
        },
      },
      ['of', 'within'],
      {
        description:
          'So much was moved, this withdrawal included. `young` and `destination`: only if this one goes to a young destination.',
        oneOf: [{ required: ['share'] }, { required: ['value'] }],
      },
    ),
  },
  [],
  {
    description: 'Exactly one thing to look for, with what refines it.',
    oneOf: MAIN_KEYS.map((key) => ({ required: [key] })),
    dependentRequired: {
      channels: ['signal'],
      in_exposure: ['signal'],
      unauthorised: ['event'],
      after_exposure: ['event'],
      followed_by: ['event'],
    },
  },
);
