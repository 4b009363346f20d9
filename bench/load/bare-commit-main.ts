/**
 * A child that does nothing but commit entries in groups to one file, in an open loop: what a durable answer cannot
 * cost less than. Prints what it measured as JSON. Its argument is a {@link BareCommitLoad} as JSON.
 */
import { closeSync, fdatasync, openSync, rmSync, writeSync } from 'node:fs';
import type { BareCommitLoad } from './bare-commit.js';
import { type LatencySlot, runOpenLoop } from './open-loop.js';

const WARM_UP_SECONDS = 1;

const [argument = '{}'] = process.argv.slice(2);
const load: BareCommitLoad = JSON.parse(argument);
const file = openSync(load.file, 'w', 0o600);
const entry = Buffer.alloc(load.entryBytes, 'x');

let waiting: (() => void)[] = [];
let isFlushing = false;

/** What comes while a flush is under way shares the next one. */
function flush(): void {
  const group = waiting;
  waiting = [];
  isFlushing = true;
  writeSync(file, Buffer.concat(group.map(() => entry)));
  fdatasync(file, (error) => {
    if (error !== null) throw error;
    isFlushing = false;
    for (const onDurable of group) onDurable();
    if (waiting.length > 0) flush();
  });
}

function measure(seconds: number): Promise<LatencySlot> {
  return runOpenLoop({
    ratePerSecond: load.ratePerSecond,
    calls: load.ratePerSecond * seconds,
    start: (_at, onDurable) => {
      waiting.push(onDurable);
      if (!isFlushing) flush();
    },
  });
}

await measure(WARM_UP_SECONDS);
const slot = await measure(load.seconds);
closeSync(file);
rmSync(load.file);
process.stdout.write(JSON.stringify(slot));
