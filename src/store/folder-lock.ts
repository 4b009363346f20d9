import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { StoreError } from './ports.js';

/** How often the holder shows that it lives. */
const HEARTBEAT_MS = 5_000;

/** A holder whose process we cannot see counts as gone after three missed heartbeats. */
const HOLDER_GONE_AFTER_MS = 3 * HEARTBEAT_MS;

/** Enough to recognise a process again: numbers alone are given to others after a restart. */
interface Holder {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly startedAt: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly token: string;
}

/**
 * Keeps a second process from opening a folder, which would destroy it. The kernel's file locks are out of reach from
 * here, so a file names the holder; one that is certainly dead is taken over.
 */
export class FolderLock {
  readonly #path: string;
  readonly #heartbeat: NodeJS.Timeout;

  private constructor(path: string) {
    this.#path = path;
    this.#heartbeat = setInterval(() => beat(path), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /**
   * Takes the lock of `folder`, a file beside it.
   *
   * @throws StoreError code `STORE_IN_USE`
   */
  static acquire(folder: string, onTakenOver: () => void): FolderLock {
    const path = `${folder}.lock`;
    const self = thisProcess();
    if (!tryCreate(path, self)) {
      const holder = readHolder(path);
      if (holder !== undefined && isAlive(holder, self, path)) {
        throw new StoreError('STORE_IN_USE', `the folder is in use by process ${holder.pid}`);
      }
      rmSync(path, { force: true });
      if (!tryCreate(path, self)) throw new StoreError('STORE_IN_USE', 'another process was faster');
      onTakenOver();
    }
    // Two that took over at once both think they hold it; only one of them is named in the file.
    if (readHolder(path)?.token !== self.token) {
      throw new StoreError('STORE_IN_USE', 'another process was faster');
    }
    return new FolderLock(path);
  }

  /** Whether a process that lives has a folder; takes nothing. */
  static isHeld(folder: string): boolean {
    const path = `${folder}.lock`;
    const holder = readHolder(path);
    return holder !== undefined && isAlive(holder, thisProcess(), path);
  }

  release(): void {
    clearInterval(this.#heartbeat);
    rmSync(this.#path, { force: true });
  }
}

function tryCreate(path: string, self: Holder): boolean {
  try {
    writeFileSync(path, JSON.stringify(self), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Undefined when the file is gone or was cut off while being written. */
function readHolder(path: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isHolder(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const texts = ['startedAt', 'bootId', 'pidNamespace', 'token'];
  const fields = new Map<string, unknown>(Object.entries(value));
  return typeof fields.get('pid') === 'number' && texts.every((name) => typeof fields.get(name) === 'string');
}

function isAlive(holder: Holder, self: Holder, path: string): boolean {
  if (holder.bootId === self.bootId && holder.pidNamespace === self.pidNamespace) {
    return processExists(holder.pid) && startTicks(holder.pid) === holder.startedAt;
  }
  // Another machine, another container, or this machine before it was restarted: only its heartbeat can tell.
  try {
    return Math.abs(Date.now() - statSync(path).mtimeMs) < HOLDER_GONE_AFTER_MS;
  } catch {
    return false;
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function thisProcess(): Holder {
  return {
    pid: process.pid,
    startedAt: startTicks(process.pid),
    bootId: firstLine('/proc/sys/kernel/random/boot_id'),
    pidNamespace: pidNamespace(),
    token: randomUUID(),
  };
}

/** Field 22 of `/proc/PID/stat` (proc(5)); counted from the last `)`, since the command may contain blanks. */
function startTicks(pid: number): string {
  const stat = firstLine(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Empty where there is no `/proc`: processes are then told apart by number alone. */
function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0] ?? '';
  } catch {
    return '';
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function beat(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The folder is gone; whoever removed it has more to worry about than our lock.
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
