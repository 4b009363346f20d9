import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { destinationKey, readDestination } from '../../../src/identity/destination/read-destination.js';
import type { TagInput } from '../../../src/identity/destination/tags.js';

/** A spelling: a text, or a text with the tag of the field; null is known to be none. */
type Spelling = string | { readonly text: string; readonly tag?: string | null; readonly type?: string };

/** One key of each network, spelled by the networks' own libraries: `npm run campaign:destinations -- --write`. */
const { places }: { places: Record<string, Record<string, readonly Spelling[]>> } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'places.json'), 'utf8'),
);

function read(network: string, spelling: Spelling): ReturnType<typeof readDestination> {
  const { text, tag, type } = typeof spelling === 'string' ? { text: spelling } : spelling;
  return readDestination(network, text, tagOf(tag, type));
}

function tagOf(tag: string | null | undefined, type: string | undefined): TagInput {
  if (tag === undefined) return { kind: 'not-told' };
  return tag === null
    ? { kind: 'none' }
    : { kind: 'value', value: tag, ...(type === undefined ? {} : { type }) };
}

describe.each(Object.entries(places))('%s', (network, byName) => {
  test.each(Object.entries(byName))('%s has one identity in all its spellings', (_, spellings) => {
    const readings = spellings.map((spelling) => ({ spelling, reading: read(network, spelling) }));
    expect(readings.filter(({ reading }) => reading.doubt !== undefined)).toEqual([]);
    expect([...new Set(readings.map(({ reading }) => destinationKey(reading).join('\n')))]).toHaveLength(1);
  });

  test('its places are apart', () => {
    const keys = Object.values(byName).map(([first = '']) => destinationKey(read(network, first)).join('\n'));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

test('there are the networks of the table of facts', () => {
  expect(Object.keys(places).length).toBeGreaterThanOrEqual(55);
});
