import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLogStore } from '../../src/store/lmdb-log-store.js';
import { compileChild } from './child-program.js';
import { tempFolder } from './temp-folder.js';

it('refuses when the disk takes no more, stays readable, and loses nothing it had confirmed', async () => {
  const folder = join(tempFolder(), 'log');
  const program = compileChild('test/store/children/append-until-full.ts');
  // A limit on the size of files makes writes fail like a full disk does, in the native code.
  const child = program.start([folder], 'ulimit -f 2000;');
  const lines: string[] = [];
  for await (const line of child.lines) lines.push(line);
  expect(await child.ended).toEqual({ code: 0, signal: null });
  expect(lines.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => 'failed STORE_WRITE_FAILED'));
  const durable = Number(/^durable (\d+) readable \1$/.exec(lines[3] ?? '')?.[1]);
  expect(durable).toBeGreaterThan(10);

  const log = await openLogStore(folder);
  expect(log.lastPosition).toBe(durable);
  expect([...log.read(1)]).toHaveLength(durable);
  await log.close();
});
