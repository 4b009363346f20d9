import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdfast } from './command.js';

const SOURCES = ['src', 'docs', 'README.md'];

/** Options of programs that are not ours, as our pages show them. */
const OF_OTHERS = new Set([
  'protocol',
  'http2-prior-knowledge',
  'schema',
  'data-binary',
  'heap-growing-percent',
]);

/** Every command with its help, found as a person does: from help to help. */
async function helps(path: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
  const { out } = await holdfast([...path, '--help']);
  const found = new Map([[path.join(' '), out]]);
  const names = [...(out.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(
    ([, name = '']) => name,
  );
  for (const name of names.filter((one) => one !== 'help')) {
    for (const [key, text] of await helps([...path, name])) found.set(key, text);
  }
  return found;
}

function optionsOf(help: string): ReadonlySet<string> {
  const listed = (help.split('\nOptions:\n')[1] ?? '').split('\nCommands:\n')[0] ?? '';
  return new Set(
    [...listed.matchAll(/^ {2}(?:-\w, )?--(?:no-)?([a-z][a-z-]*)/gm)].map(([, name = '']) => name),
  );
}

function files(path: string): readonly string[] {
  if (path.endsWith('.md')) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|md)$/.test(name) && !name.startsWith('gen/'))
    .map((name) => join(path, name));
}

test('every command explains itself, and each option that its help names is one of its own or its command line is whole', async () => {
  const all = await helps();
  expect(all.size).toBeGreaterThan(40);
  const known = new Set([...all.values()].flatMap((help) => [...optionsOf(help)]));
  const wrong: string[] = [];
  for (const [command, help] of all) {
    const own = optionsOf(help);
    for (const [, name = ''] of help.matchAll(/--(?:no-)?([a-z][a-z0-9-]*[a-z0-9])/g)) {
      if (!own.has(name) && !known.has(name) && !OF_OTHERS.has(name)) wrong.push(`${command}: --${name}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('what texts of the command line, and `holdfast ...` lines of pages, name exists', async () => {
  const all = await helps();
  const known = new Set([...all.values()].flatMap((help) => [...optionsOf(help)]));
  const wrong: string[] = [];
  for (const file of files('src')) {
    const text = readFileSync(file, 'utf8');
    // Not a variable that is counted down.
    for (const [, name = ''] of text.matchAll(/(?<![-\w])--(?:no-)?([a-z][a-z0-9-]*[a-z0-9])\b(?!-| ===)/g)) {
      if (!known.has(name) && !OF_OTHERS.has(name)) wrong.push(`${file}: --${name}`);
    }
  }
  for (const file of SOURCES.flatMap(files)) {
    for (const [, line = ''] of readFileSync(file, 'utf8').matchAll(
      /holdfast ((?:[a-z][a-z-]*(?: |$))+[^\n`]*--[^\n`|]*)/gm,
    )) {
      const words = line.split(' ');
      const command = [3, 2, 1].map((count) => words.slice(0, count).join(' ')).find((name) => all.has(name));
      if (command === undefined) continue;
      const own = optionsOf(all.get(command) ?? '');
      for (const [, name = ''] of line.matchAll(/(?<![-\w])--(?:no-)?([a-z][a-z0-9-]*[a-z0-9])/g)) {
        if (!own.has(name)) wrong.push(`${file}: holdfast ${command} --${name}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
