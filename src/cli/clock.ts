import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '../config.js';
import type { ClockDoubt } from '../journal/index.js';
import { askToAccept, type ClockStanding, readStanding } from '../service/clock-files.js';
import { configProblems } from './show-config.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** How long a running service is given to take an acceptance: it looks every second. */
const TAKEN_WITHIN_MS = 5_000;
const LOOK_INTERVAL_MS = 200;

/**
 * `holdfast clock status`: what the service last thought of its clock.
 *
 * @returns the exit code: 1 while it is not confirmed
 */
export function clockStatus(options: { json?: boolean }, env: Environment, terminal: Terminal): number {
  const standing = readStanding(dataDirOf(env));
  if (options.json === true) terminal.out(json(standing ?? { standing: 'confirmed' }));
  else terminal.out(describeStanding(standing));
  return standing?.standing === 'unconfirmed' ? EXIT.failed : EXIT.ok;
}

/**
 * `holdfast clock accept`: has the service believe its clock, the one that runs or the next one that finds the same doubt.
 *
 * @returns the exit code: 1 if there is nothing to accept
 */
export async function acceptClock(env: Environment, terminal: Terminal): Promise<number> {
  const dataDir = dataDirOf(env);
  const standing = readStanding(dataDir);
  if (standing?.standing !== 'unconfirmed') {
    terminal.err('nothing to accept: no service on this data folder doubts its clock');
    return EXIT.failed;
  }
  try {
    askToAccept(dataDir, standing.doubt);
  } catch (error) {
    throw new CommandError(`cannot write to ${dataDir}: ${String(error)}`, EXIT.failed);
  }
  for (let waited = 0; waited < TAKEN_WITHIN_MS; waited += LOOK_INTERVAL_MS) {
    if (readStanding(dataDir)?.standing === 'confirmed') {
      terminal.out(`accepted: the clock was ${describeDoubt(standing.doubt)}`);
      return EXIT.ok;
    }
    await delay(LOOK_INTERVAL_MS);
  }
  terminal.out(`noted: the next start accepts a clock that is ${describeDoubt(standing.doubt)}`);
  return EXIT.ok;
}

function dataDirOf(env: Environment): string {
  const read = readConfig(env);
  if (read.kind === 'invalid') throw new CommandError(configProblems(read.problems));
  return read.config.dataDir;
}

function describeStanding(standing: ClockStanding | undefined): string {
  if (standing?.standing !== 'unconfirmed') return 'confirmed';
  return `unconfirmed: ${describeDoubt(standing.doubt)}; if that clock is right: holdfast clock accept`;
}

function describeDoubt({ direction, cause, differenceMs }: ClockDoubt): string {
  const hours = (Math.abs(differenceMs) / 3_600_000).toFixed(1);
  const where = direction === 'AHEAD' ? 'ahead of' : 'behind';
  switch (cause) {
    case 'LOG':
      return `${hours} h ${where} the newest entry of the log`;
    case 'STEP':
      return `${hours} h ${where} the time that has passed since the start`;
    case 'PROVIDERS':
      return `${hours} h ${where} the times that providers sign`;
    default:
      return cause satisfies never;
  }
}
