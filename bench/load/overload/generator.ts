import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENCH_FOLDER } from '../../paths.js';
import { runChild } from '../child-process.js';
import { writeFrameFile } from './frame-file.js';

/** What one slot came to; times in milliseconds, from the time at which a call was due, of a refusal from its sending. */
export interface OverloadSlot {
  /** Measured: the first fifth of a slot is not. */
  readonly seconds: number;
  readonly scheduled: number;
  /** Within the deadline. */
  readonly answered: number;
  readonly answeredLarge: number;
  readonly askedSmall: number;
  readonly askedLarge: number;
  readonly late: number;
  readonly refused: number;
  readonly otherStatus: number;
  readonly resetByServer: number;
  readonly expired: number;
  readonly unsent: number;
  readonly lost: number;
  readonly connectionsClosed: number;
  readonly answerP50Ms: number;
  readonly answerP99Ms: number;
  readonly refusalP50Ms: number;
  readonly refusalP99Ms: number;
}

export interface OverloadLoad {
  /** host:port; the loopback's. */
  readonly address: string;
  readonly path: string;
  /** Calls a second that fall due; 0: a closed loop. */
  readonly ratePerSecond: number;
  readonly seconds: number;
}

const CONNECTIONS = 32;
/** Callers who wait longer have long decided by themselves. */
const DEADLINE_MS = 500;
/** Of a connection; a server may allow fewer. */
const OPEN_LOOP_STREAMS = 200;
/** Few enough that none is refused. */
const CLOSED_LOOP_STREAMS = 2;
const FRAMES = 20_000;

/** The generator in C, built for one run. */
export class OverloadGenerator {
  readonly #folder = mkdtempSync(join(tmpdir(), 'holdfast-overload-'));
  readonly #binary = join(this.#folder, 'open-loop');
  readonly #frames = join(this.#folder, 'frames.bin');

  /**
   * @param accounts that are asked about
   * @throws Error that names what is missing to build it
   */
  constructor(accounts: number) {
    const source = join(BENCH_FOLDER, 'load', 'overload', 'open-loop.c');
    const built = spawnSync('cc', ['-O2', '-o', this.#binary, source], { encoding: 'utf8' });
    if (built.status !== 0) {
      this.remove();
      const why = built.error === undefined ? built.stderr : 'there is no `cc`';
      throw new Error(`overload needs a C compiler (Debian: gcc, libc6-dev): ${why}`);
    }
    writeFrameFile(this.#frames, accounts, FRAMES);
  }

  async load({ address, path, ratePerSecond, seconds }: OverloadLoad): Promise<OverloadSlot> {
    const port = address.slice(address.lastIndexOf(':') + 1);
    const streams = ratePerSecond === 0 ? CLOSED_LOOP_STREAMS : OPEN_LOOP_STREAMS;
    const args = [
      port,
      path,
      this.#frames,
      CONNECTIONS,
      Math.round(ratePerSecond),
      seconds,
      DEADLINE_MS,
      streams,
    ];
    const slot: OverloadSlot = JSON.parse(await runChild(this.#binary, args.map(String)));
    return slot;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Answers in time, a second. */
export function goodput(slot: OverloadSlot): number {
  return slot.answered / slot.seconds;
}
