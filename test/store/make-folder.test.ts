import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, requireMakeable } from '../../src/store/make-folder.js';
import { tempFolder } from './temp-folder.js';

const isRoot = process.getuid?.() === 0;

test('makes every missing level for its owner alone, and again changes nothing', () => {
  const root = tempFolder();
  const folder = join(root, 'a', 'b', 'c');
  makeFolder(folder);
  makeFolder(folder);
  for (const made of [join(root, 'a'), join(root, 'a', 'b'), folder])
    expect(statSync(made).mode & 0o777).toBe(0o700);
});

test('what stands in the way is named, and nothing is made', () => {
  const root = tempFolder();
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolder(join(root, 'file', 'data'))).toThrow(
    expect.objectContaining({ code: 'FOLDER_UNUSABLE', message: expect.stringContaining('is not a folder') }),
  );
  const closed = join(root, 'closed');
  mkdirSync(closed, 0o500);
  // The superuser may write anywhere: there is nothing to refuse.
  if (isRoot) expect(requireMakeable(join(closed, 'x', 'y'))).toHaveLength(2);
  else expect(() => makeFolder(join(closed, 'x', 'y'))).toThrow('may not be written to');
  expect(existsSync(join(closed, 'x'))).toBe(false);
  chmodSync(closed, 0o700);
});

test('a file system that takes no folders is an error at once', () => {
  expect(() => makeFolder('/proc/holdfast/data')).toThrow(
    expect.objectContaining({ code: 'FOLDER_UNUSABLE' }),
  );
});
