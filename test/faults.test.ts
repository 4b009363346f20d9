import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const page = readFileSync('docs/faults.md', 'utf8');

interface Row {
  readonly number: number;
  readonly shownBy: readonly { readonly file: string; readonly name: string }[];
}

const rows: readonly Row[] = [...page.matchAll(/^\| (\d+) \|.*\| (`test\/.*) \|$/gm)].map(
  ([, number, shown = '']) => ({
    number: Number(number),
    shownBy: shown.split('<br>').map((part) => {
      const [, file = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(part) ?? [];
      return { file, name };
    }),
  }),
);

/** Faults of the broker and of feeds; the seventh needs the replicated log. */
const FEED_FAULTS = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];

describe('docs/faults.md', () => {
  test('names every fault of feeds, each with a test', () => {
    expect(rows.map(({ number }) => number)).toEqual(expect.arrayContaining(FEED_FAULTS));
  });

  test.each(rows)('fault $number: the tests that it names are there', ({ shownBy }) => {
    for (const { file, name } of shownBy) {
      expect(existsSync(file), `\`${file}\``).toBe(true);
      const text = readFileSync(file, 'utf8').replaceAll("\\'", "'");
      const lines = text.split('\n').filter((line) => line.includes(name));
      expect(lines, `\`${name}\` in ${file}`).not.toEqual([]);
    }
  });

  test('knows every fault that a test names', () => {
    const known = new Set(rows.map(({ number }) => number));
    for (const file of readdirSync('test', { recursive: true, encoding: 'utf8' })) {
      if (!/\.(test|campaign)\.ts$/.test(file)) continue;
      for (const [, number] of readFileSync(join('test', file), 'utf8').matchAll(
        /^\s*(?:test|it|describe)\b.*fault (\d+)/gm,
      )) {
        expect(known, `fault ${number} of ${file}`).toContain(Number(number));
      }
    }
  });
});
