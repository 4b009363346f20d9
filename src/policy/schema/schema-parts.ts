import { DURATION_PATTERN, MONEY_PATTERN } from '../text/quantities.js';

/** A node of a JSON Schema (draft 2020-12). */
export type Schema = { readonly [keyword: string]: unknown };

export const DURATION: Schema = {
  type: 'string',
  pattern: DURATION_PATTERN,
  description: 'A whole number and a unit: 90s, 15m, 48h, 14d.',
};

export const MONEY: Schema = {
  type: ['integer', 'string'],
  minimum: 0,
  // Below 2^53 minor units, so that sums stay exact.
  maximum: 9_999_999_999_999,
  pattern: MONEY_PATTERN,
  description: 'Whole units of the policy\'s currency, or a decimal string such as "1000.50".',
};

/** What people read. Long enough for a sentence or two, short enough for a table. */
export function textOf(description: string): Schema {
  return { type: 'string', minLength: 1, maxLength: 300, description };
}

export const SUMMARY = textOf('For analysts: what this means, in a sentence.');

export const CUSTOMER_SUMMARY = textOf(
  'Safe to show to the customer: names neither a provider, nor an incident, nor how we know. Has a neutral default.',
);

export const CODE: Schema = {
  type: 'string',
  pattern: '^[A-Z][A-Z0-9_]{2,63}$',
  description: 'Stable name in answers, logs and reports: UPPER_SNAKE, unique in the policy.',
};

export const NAME: Schema = {
  type: 'string',
  pattern: '^[a-z][a-z0-9-]{0,62}$',
  description: 'Lower case letters, digits and hyphens.',
};

export const GROUP: Schema = {
  type: 'string',
  description: 'Name of a group in `groups`, whose cap this shares with others that say the same thing.',
};

/** A score or a number of points: at most one decimal, which is checked after the schema. */
export function pointsBetween(minimum: number, maximum: number, description: string): Schema {
  return { type: 'number', minimum, maximum, description };
}

/** A share of something: more than 0, at most 1. */
export function share(description: string): Schema {
  return { type: 'number', exclusiveMinimum: 0, maximum: 1, description };
}

export function oneOfWords(words: readonly string[], description: string): Schema {
  return { enum: [...words], description };
}

/** One or more different words of a list. */
export function someOf(words: readonly string[], description: string): Schema {
  return { type: 'array', items: { enum: [...words] }, minItems: 1, uniqueItems: true, description };
}

/** An object that knows exactly these keys. */
export function closed(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
  rest: Schema = {},
): Schema {
  return { type: 'object', properties, required: [...required], additionalProperties: false, ...rest };
}

export function listOf(items: Schema, maxItems: number, description: string, minItems = 0): Schema {
  return { type: 'array', items, minItems, maxItems, description };
}
