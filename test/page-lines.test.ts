import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../', import.meta.url);
/** A line that can be read at one glance, and compared with another one. */
const MOST_CHARACTERS = 128;

function pages(): readonly string[] {
  const docs = readdirSync(new URL('docs/', ROOT), { recursive: true, encoding: 'utf8' });
  return ['README.md', ...docs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];
}

/** Lines of prose: rows of tables, headings and what is shown as typed cannot be broken. */
function longLines(markdown: string): readonly number[] {
  let isShown = false;
  return markdown.split('\n').flatMap((line, index) => {
    if (line.trimStart().startsWith('```')) isShown = !isShown;
    const isProse = !isShown && !/^[|#<]/.test(line);
    return isProse && line.length > MOST_CHARACTERS ? [index + 1] : [];
  });
}

test('a long line is found where it is prose', () => {
  const long = 'word '.repeat(30);
  expect(longLines([long, `| ${long} |`, '```', long, '```', 'short', long].join('\n'))).toEqual([1, 7]);
});

test.each(pages())('%s has lines that read', (page) => {
  expect(longLines(readFileSync(new URL(page, ROOT), 'utf8'))).toEqual([]);
});
