import { readFile, rm, writeFile } from 'node:fs/promises';
import { isObject, parseObject } from '../token.js';
import { replaceFile } from './key-files.js';
import { ProviderToolError } from './provider-tool-error.js';

/** A signed token with its number, which the broker has not confirmed yet. */
export interface PendingToken {
  readonly seq: number;
  readonly jti: string;
  readonly token: string;
}

interface OutboxState {
  /** Number of the next token; they begin at 1. */
  readonly next: number;
  readonly pending?: PendingToken;
}

/** Only the provider itself may read what it is about to say. */
const OUTBOX_MODE = 0o600;

/**
 * A provider's counter and the token that is on its way, in a small file. A number is given out only together with its
 * token, and the token stays until the broker has confirmed it: so the receiver never sees a gap that nobody can fill.
 */
export class Outbox {
  readonly #file: string;
  #state: OutboxState;

  private constructor(file: string, state: OutboxState) {
    this.#file = file;
    this.#state = state;
  }

  /**
   * Opens the outbox for one publication; {@link close} it.
   *
   * @throws ProviderToolError codes `OUTBOX_IN_USE`, `OUTBOX_INVALID`
   */
  static async open(file: string): Promise<Outbox> {
    if (!(await tryLock(file))) {
      await removeDeadLock(file);
      if (!(await tryLock(file))) {
        throw new ProviderToolError('OUTBOX_IN_USE', `another publication is running (${lockOf(file)})`);
      }
    }
    try {
      return new Outbox(file, await readState(file));
    } catch (error) {
      await rm(lockOf(file), { force: true });
      throw error;
    }
  }

  get pending(): PendingToken | undefined {
    return this.#state.pending;
  }

  /** The number that the next token is to carry. */
  get next(): number {
    return this.#state.next;
  }

  /** Gives {@link next} to a token. It is on disk when this resolves. */
  async put(jti: string, token: string): Promise<PendingToken> {
    const pending = { seq: this.#state.next, jti, token };
    await this.#save({ next: pending.seq + 1, pending });
    return pending;
  }

  /** The broker has confirmed the pending token. */
  async confirmed(): Promise<void> {
    await this.#save({ next: this.#state.next });
  }

  async close(): Promise<void> {
    await rm(lockOf(this.#file), { force: true });
  }

  async #save(state: OutboxState): Promise<void> {
    await replaceFile(this.#file, `${JSON.stringify(state)}\n`, OUTBOX_MODE);
    this.#state = state;
  }
}

function lockOf(file: string): string {
  return `${file}.lock`;
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await writeFile(lockOf(file), String(process.pid), { flag: 'wx', mode: OUTBOX_MODE });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone. */
async function removeDeadLock(file: string): Promise<void> {
  const pid = Number(await readFile(lockOf(file), 'utf8').catch(() => ''));
  if (!Number.isSafeInteger(pid) || pid <= 0 || isAlive(pid)) return;
  await rm(lockOf(file), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

async function readState(file: string): Promise<OutboxState> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { next: 1 };
    throw error;
  }
  const stored = parseObject(text);
  const next = stored?.['next'];
  const pending = readPending(stored?.['pending']);
  if (typeof next !== 'number' || !Number.isSafeInteger(next) || next < 1 || pending === null) {
    throw new ProviderToolError(
      'OUTBOX_INVALID',
      `${file} is damaged; its counter must go on from the last number`,
    );
  }
  return { next, ...(pending === undefined ? {} : { pending }) };
}

/** Undefined if there is none, null if it is damaged. */
function readPending(value: unknown): PendingToken | undefined | null {
  if (value === undefined) return undefined;
  const { seq, jti, token } = isObject(value) ? value : {};
  if (typeof seq !== 'number' || typeof jti !== 'string' || typeof token !== 'string') return null;
  return { seq, jti, token };
}
