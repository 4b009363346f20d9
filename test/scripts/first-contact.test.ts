import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { firstMissing } from '../../scripts/first-contact/compare.mjs';
import { PAGES } from '../../scripts/first-contact/pages.mjs';
import { readPage, readTranscript } from '../../scripts/first-contact/read-page.mjs';
import { Shell } from '../../scripts/first-contact/shell.mjs';

const FENCE = '```';

function block(mark: string | undefined, language: string, ...lines: readonly string[]): string {
  const comment = mark === undefined ? [] : [`<!-- first contact: ${mark} -->`];
  return [...comment, FENCE + language, ...lines, FENCE, ''].join('\n');
}

const read = (markdown: string) => readPage(markdown, 'page.md');

describe('a page', () => {
  test('is read as the steps that its comments name', () => {
    const page = [
      '# Title',
      block('run', 'sh', 'one', 'two'),
      block('prints', 'json', '{}'),
      block('start http://127.0.0.1:1/readyz', 'sh', 'npm start'),
      block('write some.yaml', 'yaml', 'a: 1'),
      block('not run: it would wait for ever', 'sh', 'sleep'),
      block(undefined, 'yaml', 'b: 2'),
    ].join('\n');
    expect(read(page).map(({ kind, argument, text }) => [kind, argument, text])).toEqual([
      ['run', '', 'one\ntwo'],
      ['prints', '', '{}'],
      ['start', 'http://127.0.0.1:1/readyz', 'npm start'],
      ['write', 'some.yaml', 'a: 1'],
      ['not run', 'it would wait for ever', 'sleep'],
    ]);
  });

  test.each([
    ['commands that nobody speaks of', block(undefined, 'sh', 'rm'), /page.md:1: commands without/],
    ['a transcript that nobody speaks of', block(undefined, 'text', '$ rm'), /commands without/],
    ['a word that is none', block('runs', 'sh', 'a'), /is not known/],
    ['no reason', block('not run: ', 'sh', 'a'), /is not known/],
    ['no address', block('start', 'sh', 'a'), /is not known/],
    ['a comment over nothing', '<!-- first contact: run -->\nText.\n', /page.md:2: no block follows/],
  ])('%s is an error with its place', (_name, markdown, message) => {
    expect(() => read(markdown)).toThrow(message);
  });

  test.each(Object.keys(PAGES))('%s says of each command whether it is run', (page) => {
    const markdown = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
    expect(() => readPage(markdown, page)).not.toThrow();
  });
});

test('a transcript is commands, each with what it prints', () => {
  expect(readTranscript('$ a\n1\n2\n\n$ b\n$ c\n3')).toEqual([
    { command: 'a', prints: '1\n2' },
    { command: 'b', prints: '' },
    { command: 'c', prints: '3' },
  ]);
});

describe('what is shown is what is printed', () => {
  test.each([
    ['the same', 'a\nb', 'a\nb\n'],
    [
      'but for times, ids and durations',
      'at 2026-01-01T00:00:00Z in 1.5 s',
      'at 2027-02-03T04:05:06.7Z in 12 s',
    ],
    ['and ids', '019c550a-2c04-7b19-8e40-00000000a5f7', '019c550a-0000-7b19-8e40-00000000a5f8'],
    ['with lines left out', 'a\n...\nc\nd', 'a\nb\nc\nx\nc\nd'],
    ['with the rest left out', 'a\n...', 'a\nb\nc'],
    ['with the beginning left out', '...\nb', 'a\nb'],
  ])('%s', (_name, shown, printed) => {
    expect(firstMissing(shown, printed)).toBeUndefined();
  });

  test.each([
    ['another line', 'a\nb', 'a\nc', 'b'],
    ['a line too few', 'a\nb', 'a', 'b'],
    ['a line more', 'a', 'a\nb', '(nothing more; printed was: b)'],
    ['another order', 'b\n...\na', 'a\nb', 'b'],
    ['lines that do not stand together', 'a\n...\nc\nd', 'a\nc\nx\nd', 'd'],
    ['a figure', 'thefts stopped 92', 'thefts stopped 91', 'thefts stopped 92'],
  ])('not %s', (_name, shown, printed, missing) => {
    expect(firstMissing(shown, printed)).toBe(missing);
  });
});

describe('the shell of a page', () => {
  test('tells of a command that fails in the middle of a block, and keeps what was set', async () => {
    const shell = new Shell('.', {});
    try {
      expect(await shell.run('NAME=kept\nfalse\ntrue')).toEqual({ printed: '', code: 1 });
      expect(await shell.run('if false; then :; fi; echo $NAME')).toEqual({ printed: 'kept\n', code: 0 });
    } finally {
      await shell.close();
    }
  });
});
