import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { flushFile } from '../file-system.js';
import { writeFailureOf } from '../write-failure.js';
import { BackupError } from './backup-error.js';
import { FRAME, type FrameKind, frameBytes, MAGIC } from './frames.js';
import { type BackupEnd, encodeJson } from './manifest.js';

const CHUNK_BYTES = 1024 * 1024;

/** Behind the name of a backup while it is written: what has the name itself is whole. */
export const UNFINISHED_SUFFIX = '.unfinished';

/** Writes one backup. Mode 0600: the exchange's own account ids are in it. */
export class ArchiveWriter {
  readonly #path: string;
  /** Where it is until {@link publish}. */
  readonly draft: string;
  readonly #file: number;
  #hash: Hash = createHash('sha256');
  #chunk: Uint8Array[] = [];
  #chunkBytes = 0;
  #bytes = 0;
  #isClosed = false;

  /** @throws BackupError codes `BACKUP_EXISTS`, `BACKUP_UNFINISHED`, `BACKUP_UNUSABLE` */
  constructor(path: string) {
    this.#path = path;
    this.draft = `${path}${UNFINISHED_SUFFIX}`;
    if (existsSync(path)) throw new BackupError('BACKUP_EXISTS', `\`${path}\` is there already`);
    try {
      this.#file = openSync(this.draft, 'wx', 0o600);
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') {
        throw new BackupError(
          'BACKUP_UNFINISHED',
          `\`${this.draft}\` is there: another process writes this backup, or one was killed; remove it if none runs`,
        );
      }
      throw new BackupError('BACKUP_UNUSABLE', `\`${this.draft}\` cannot be made (${codeOf(cause)})`, {
        cause,
      });
    }
    this.#put(MAGIC);
  }

  /** @throws BackupError code `DISK_FULL` or `BACKUP_UNUSABLE` */
  add(kind: FrameKind, ...parts: readonly Uint8Array[]): void {
    for (const bytes of frameBytes(kind, ...parts)) this.#put(bytes);
  }

  /** Begins anew. */
  restart(): void {
    this.#chunk = [];
    this.#chunkBytes = 0;
    this.#bytes = 0;
    this.#hash = createHash('sha256');
    ftruncateSync(this.#file, 0);
    this.#put(MAGIC);
  }

  /**
   * Ends the archive and makes it durable under its draft's name.
   *
   * @throws BackupError code `DISK_FULL` or `BACKUP_UNUSABLE`
   */
  finish(counts: Omit<BackupEnd, 'sha256'>): void {
    const sha256 = this.#hash.digest('base64');
    const end = frameBytes(FRAME.end, encodeJson({ ...counts, sha256 }));
    this.#hash = createHash('sha256');
    for (const bytes of end) this.#put(bytes);
    this.#writeChunk();
    this.#writing(() => fsyncSync(this.#file));
  }

  /** Gives it its name. @returns its size in bytes */
  publish(): number {
    this.#close();
    this.#writing(() => {
      renameSync(this.draft, this.#path);
      flushFile(dirname(this.#path));
    });
    return this.#bytes;
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.#close();
    rmSync(this.draft, { force: true });
  }

  #put(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    // Entries are views into memory that the store uses again.
    this.#chunk.push(Uint8Array.from(bytes));
    this.#chunkBytes += bytes.length;
    this.#bytes += bytes.length;
    if (this.#chunkBytes >= CHUNK_BYTES) this.#writeChunk();
  }

  #writeChunk(): void {
    const bytes = Buffer.concat(this.#chunk);
    this.#chunk = [];
    this.#chunkBytes = 0;
    this.#writing(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    });
  }

  #writing(write: () => void): void {
    try {
      write();
    } catch (cause) {
      const failure = writeFailureOf(cause);
      if (failure === 'DISK_FULL' || failure === 'LIMIT_REACHED') {
        throw new BackupError('DISK_FULL', `there is no room for \`${this.#path}\` (${codeOf(cause)})`, {
          cause,
        });
      }
      throw new BackupError('BACKUP_UNUSABLE', `\`${this.#path}\` cannot be written (${codeOf(cause)})`, {
        cause,
      });
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#file);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
