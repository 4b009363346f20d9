import { readFileSync } from 'node:fs';

/** Kernel ticks a second as `/proc` shows them; 100 on every Linux that Node runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** Fields of `/proc/PID/stat` after the closing bracket of the name: state is the first, utime the 12th, stime the 13th. */
const UTIME_FIELD = 11;
const STIME_FIELD = 12;

/** CPU time of a process with all its threads since it began, in seconds, to 10 ms. Linux only. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME_FIELD]) + Number(fields[STIME_FIELD])) / TICKS_PER_SECOND;
}

/** Memory of a process that no file backs: what the kernel cannot drop. In bytes. Linux only. */
export function anonymousBytes(pid: number): number {
  return statusKib(pid, 'RssAnon') * 1024;
}

/** Resident memory that files back, such as LMDB's mapped pages. In bytes. Linux only. */
export function fileBackedBytes(pid: number): number {
  return statusKib(pid, 'RssFile') * 1024;
}

function statusKib(pid: number, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`/proc/${pid}/status does not say ${name}`);
  return Number(line[1]);
}
