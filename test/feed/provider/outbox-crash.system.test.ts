import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keptTokens, Outbox } from '../../../src/feed/provider/outbox.js';
import { type ChildProgram, compileChild } from '../../store/child-program.js';

let folder: string;
let writer: ChildProgram;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-outbox-'));
  writer = compileChild('test/feed/provider/outbox-writer.ts', [
    'src/decision',
    'src/feed',
    'src/identity',
    'test/feed/provider',
  ]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lets the writer give out numbers, and kills it after `lines` of them. */
async function killedAfter(lines: number, file: string, groupSize: number, round: number): Promise<string[]> {
  const child = writer.start([file, String(groupSize), String(round)]);
  const said: string[] = [];
  for await (const line of child.lines) {
    said.push(line);
    if (said.length === lines) child.process.kill('SIGKILL');
  }
  await child.ended;
  return said;
}

test.each([1, 7])(
  'killed at any moment, an outbox has every number that was given out, once (groups of %i)',
  async (groupSize) => {
    const file = join(folder, `outbox-${groupSize}.json`);
    const given = new Map<number, string>();
    for (const [round, lines] of [1, 40, 333, 1_200].entries()) {
      for (const line of await killedAfter(lines, file, groupSize, round)) {
        const [kind, seq, jti = ''] = line.split(' ');
        if (kind === 'given') expect(given.has(Number(seq))).toBe(false);
        given.set(Number(seq), given.get(Number(seq)) ?? jti);
        expect(given.get(Number(seq))).toBe(jti);
      }
    }
    const outbox = await Outbox.open(file);
    const { next } = outbox;
    await outbox.close();
    const kept = new Map<number, string>();
    for await (const { seq, jti } of keptTokens(file, 0, next)) {
      expect(kept.has(seq)).toBe(false);
      kept.set(seq, jti);
    }
    // What was on disk and not said yet is kept too: nobody may use its number again.
    expect([...kept.keys()]).toEqual(Array.from({ length: next - 1 }, (_, index) => index + 1));
    for (const [seq, jti] of given) expect(kept.get(seq)).toBe(jti);
    expect(given.size).toBeGreaterThan(1_000);
  },
);
