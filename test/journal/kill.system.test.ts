import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLogStore } from '../../src/store/lmdb-log-store.js';
import { decodeLogEntry } from '../../src/store/log-entry.js';
import { openStateStore } from '../../src/store/open-state-store.js';
import { type ChildProgram, compileChild } from '../store/child-program.js';
import { tempFolder } from '../store/temp-folder.js';
import { readTally } from './counting-projection.js';

const ROUNDS = 10;

/** Runs the program and kills it after it has confirmed some entries; returns the highest position confirmed. */
async function runAndKill(program: ChildProgram, folder: string): Promise<number> {
  const child = program.start([folder]);
  const killAfter = 1 + Math.floor(Math.random() * 3_000);
  let confirmed = 0;
  let seen = 0;
  for await (const line of child.lines) {
    confirmed = Math.max(confirmed, Number(line));
    seen++;
    if (seen === killAfter) child.process.kill('SIGKILL');
  }
  expect((await child.ended).signal).toBe('SIGKILL');
  return confirmed;
}

it('I5: a killed process loses no entry it confirmed, and its state fits its log', async () => {
  const folder = tempFolder();
  const program = compileChild('test/journal/children/append-under-load.ts');
  for (let round = 0; round < ROUNDS; round++) {
    const confirmed = await runAndKill(program, folder);
    const log = await openLogStore(join(folder, 'log'));
    expect(log.lastPosition).toBeGreaterThanOrEqual(confirmed);

    const quarantined: unknown[] = [];
    const state = await openStateStore(join(folder, 'state'), {
      schemaVersion: 1,
      logHead: log.lastPosition,
      logFirst: log.firstPosition,
      nowMs: Date.now,
      onEvent: (event) => {
        if (event.event === 'state-quarantined') quarantined.push(event);
      },
    });
    expect(quarantined).toEqual([]);
    const expected = new Map<string, number>();
    let next = 1;
    for (const { position, bytes } of log.read(1)) {
      expect(position).toBe(next++);
      const account = Buffer.from(decodeLogEntry(position, bytes).payload).toString();
      expect(account).toBe(`account-${position % 50}`);
      if (position <= state.cursor) expected.set(account, (expected.get(account) ?? 0) + 1);
    }
    for (const [account, count] of expected) expect(readTally(state, account).count).toBe(count);
    await state.close();
    await log.close();
  }
});
