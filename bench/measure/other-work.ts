import { readFileSync } from 'node:fs';

/** Fields of the first line of `/proc/stat` after its name: user, nice, system, idle, iowait, irq, softirq, steal. */
const STAT_FIELDS = 8;
const IDLE_FIELDS: readonly number[] = [3, 4];

/** Fields of `/proc/self/stat` after the closing bracket: own and waited-for children's user and system time. */
const OWN_FIELDS: readonly number[] = [11, 12, 13, 14];

interface Ticks {
  readonly all: number;
  readonly busy: number;
  /** Of this process and of its children that have ended. */
  readonly own: number;
}

/**
 * Begins to watch what else the machine does. Ask when the children of this run have ended: only then do they count as
 * ours. Linux only.
 *
 * @returns gives the part of all processors' time that other work took since, 0 to 1
 */
export function watchOtherWork(): () => number {
  const before = ticks();
  return () => {
    const after = ticks();
    const others = after.busy - before.busy - (after.own - before.own);
    return Math.max(0, others) / Math.max(1, after.all - before.all);
  };
}

function ticks(): Ticks {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const fields = line
    .trim()
    .split(/\s+/)
    .slice(1, STAT_FIELDS + 1)
    .map(Number);
  const all = fields.reduce((sum, field) => sum + field, 0);
  const idle = IDLE_FIELDS.reduce((sum, at) => sum + (fields[at] ?? 0), 0);
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const own = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { all, busy: all - idle, own: OWN_FIELDS.reduce((sum, at) => sum + Number(own[at]), 0) };
}
