import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PROTO = 'proto/holdfast/v1';
const SERVER = ['src/server', 'src/service'];

/** Methods with the comment before them. */
function methods(): readonly { readonly name: string; readonly comment: string }[] {
  return readdirSync(PROTO).flatMap((file) => {
    const text = readFileSync(join(PROTO, file), 'utf8');
    return [...text.matchAll(/((?: {2}\/\/.*\n)+) {2}rpc (\w+)\(/g)].map(([, comment = '', name = '']) => ({
      name,
      comment: comment.replaceAll(/\s*\/\/ ?/g, ' '),
    }));
  });
}

function source(): string {
  return SERVER.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(folder, file), 'utf8')),
  ).join('\n');
}

test('a method that is not there says so in its comment, and one that is there does not', () => {
  const text = source();
  const all = methods();
  expect(all.length).toBeGreaterThan(20);
  for (const { name, comment } of all) {
    const isThere = new RegExp(`\\bmethod\\.${name[0]?.toLowerCase()}${name.slice(1)}\\b`).test(text);
    expect({ name, says: comment.includes('Not available yet') }).toEqual({ name, says: !isThere });
  }
});
