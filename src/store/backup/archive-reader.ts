import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { decodeLogEntry } from '../log-entry.js';
import { type LogPosition, STATE_TABLES, StoreError } from '../ports.js';
import { BackupError } from './backup-error.js';
import {
  FRAME,
  type Frame,
  HEAD_BYTES,
  MAGIC,
  MAGIC_FAMILY,
  POSITION_BYTES,
  readHead,
  TAIL_BYTES,
  unpacked,
} from './frames.js';
import { type BackupEnd, type BackupManifest, decodeEnd, decodeManifest } from './manifest.js';

const CHUNK_BYTES = 1024 * 1024;

/** Entries and rows handled before other work is let in. */
const SLICE = 1_000;

/** Takes what is in a backup, in its order. */
export interface BackupVisitor {
  manifest?(manifest: BackupManifest): void;
  sealedKeys?(sealed: Buffer): void;
  mirrorRow?(key: string, value: Buffer): void;
  stateRow?(table: (typeof STATE_TABLES)[number], key: string, value: Buffer): void;
  entry?(position: LogPosition, bytes: Buffer): void;
  /** Asked after each: whether {@link pause} is due before the slice is over. */
  isFull?(): boolean;
  /** Between slices of the work: resolves when it may go on. */
  pause?(position: LogPosition, lastPosition: LogPosition): Promise<void>;
}

/**
 * Reads a whole backup and checks all of it: every frame, every entry of the log, that none is missing, and the checksum over
 * the whole.
 *
 * @throws BackupError codes `BACKUP_UNKNOWN`, `BACKUP_OTHER_VERSION`, `BACKUP_TRUNCATED`, `BACKUP_DAMAGED`, `BACKUP_UNUSABLE`
 */
export async function readBackup(path: string, visitor: BackupVisitor = {}): Promise<BackupManifest> {
  const file = openForReading(path);
  try {
    return await new ArchiveReader(file, visitor).read();
  } finally {
    closeSync(file);
  }
}

function openForReading(path: string): number {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    if (fstatSync(file).isFile()) return file;
  } catch (cause) {
    if (file !== undefined) closeSync(file);
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new BackupError('BACKUP_UNUSABLE', `\`${path}\` cannot be read (${code})`, { cause });
  }
  closeSync(file);
  throw new BackupError('BACKUP_UNUSABLE', `\`${path}\` is not a file`);
}

class ArchiveReader {
  readonly #hash = createHash('sha256');
  readonly #bytes: ArchiveBytes;
  #manifest: BackupManifest | undefined;
  #lastKind: number = 0;
  #next: LogPosition = 0;
  #entries = 0;
  #mirrorRows = 0;
  #stateRows = 0;
  #hasKeys = false;

  constructor(
    file: number,
    private readonly visitor: BackupVisitor,
  ) {
    this.#bytes = new ArchiveBytes(file);
  }

  async read(): Promise<BackupManifest> {
    this.#readMagic();
    for (let count = 1; ; count++) {
      const { kind, payload } = this.#frame();
      if (kind === FRAME.end) return this.#finish(payload, this.#hash.digest('base64'));
      this.#take(kind, payload);
      if (count % SLICE === 0 || this.visitor.isFull?.() === true) {
        await this.visitor.pause?.(Math.max(0, this.#next - 1), this.#manifest?.lastPosition ?? 0);
      }
    }
  }

  #readMagic(): void {
    const magic = this.#bytes.take(MAGIC.length);
    if (magic === undefined || !magic.subarray(0, MAGIC_FAMILY.length).equals(MAGIC_FAMILY)) {
      throw new BackupError('BACKUP_UNKNOWN', 'this is no backup of Holdfast');
    }
    if (!magic.equals(MAGIC)) {
      const format = magic.subarray(MAGIC_FAMILY.length).toString('latin1').trim();
      throw new BackupError(
        'BACKUP_OTHER_VERSION',
        `it has format ${JSON.stringify(format)}, this version reads 1`,
      );
    }
    this.#hash.update(magic);
  }

  #frame(): Frame {
    const head = this.#bytes.take(HEAD_BYTES);
    if (head === undefined) throw truncated();
    const found = readHead(head);
    if (found === undefined) throw this.#damaged('the head of a part');
    const body = this.#bytes.take(found.length + TAIL_BYTES);
    if (body === undefined) throw truncated();
    const payload = body.subarray(0, found.length);
    if (crc32(payload) !== body.readUInt32LE(found.length)) throw this.#damaged('a part');
    if (found.kind < this.#lastKind) throw this.#damaged('the order of its parts');
    this.#lastKind = found.kind;
    // The last one has the checksum of all before it.
    if (found.kind !== FRAME.end) this.#hash.update(head).update(body);
    return { kind: found.kind, payload };
  }

  #take(kind: number, payload: Buffer): void {
    if (kind === FRAME.manifest) {
      this.#takeManifest(payload);
      return;
    }
    if (this.#manifest === undefined) throw this.#damaged('its manifest');
    switch (kind) {
      case FRAME.keys:
        if (this.#hasKeys || this.#manifest.keys !== 'sealed') throw this.#damaged('its keys');
        this.#hasKeys = true;
        this.visitor.sealedKeys?.(payload);
        return;
      case FRAME.mirror:
        this.#takeMirrorRow(payload);
        return;
      case FRAME.state:
        this.#takeStateRow(payload);
        return;
      case FRAME.entry:
        this.#takeEntry(payload);
        return;
      default:
        throw new BackupError(
          'BACKUP_OTHER_VERSION',
          `it has a part of kind ${kind}, unknown to this version`,
        );
    }
  }

  #takeManifest(payload: Buffer): void {
    const manifest = decodeManifest(payload);
    if (manifest === undefined || this.#manifest !== undefined) throw this.#damaged('its manifest');
    this.#manifest = manifest;
    this.#next = manifest.firstPosition;
    this.visitor.manifest?.(manifest);
  }

  #takeMirrorRow(payload: Buffer): void {
    const [key, value] = unpacked(payload, 2) ?? [];
    if (key === undefined || value === undefined) throw this.#damaged('a row of the mirror');
    this.#mirrorRows += 1;
    this.visitor.mirrorRow?.(key.toString(), value);
  }

  #takeStateRow(payload: Buffer): void {
    const [name, key, value] = unpacked(payload, 3) ?? [];
    if (name === undefined || key === undefined || value === undefined)
      throw this.#damaged('a row of the state');
    const table = STATE_TABLES.find((known) => known === name.toString());
    if (table === undefined) {
      throw new BackupError('BACKUP_OTHER_VERSION', 'its state has a table that this version does not know');
    }
    this.#stateRows += 1;
    this.visitor.stateRow?.(table, key.toString(), value);
  }

  #takeEntry(payload: Buffer): void {
    const position = payload.length < POSITION_BYTES ? 0 : payload.readUIntLE(0, POSITION_BYTES);
    if (position !== this.#next) throw this.#damaged(`the place of entry ${this.#next}`);
    const bytes = payload.subarray(POSITION_BYTES);
    try {
      decodeLogEntry(position, bytes);
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      throw new BackupError('BACKUP_DAMAGED', `entry ${position} of the backup is not what was written`, {
        cause,
      });
    }
    this.#next += 1;
    this.#entries += 1;
    this.visitor.entry?.(position, bytes);
  }

  #finish(payload: Buffer, sha256: string): BackupManifest {
    const end = decodeEnd(payload);
    const manifest = this.#manifest;
    if (end === undefined || manifest === undefined) throw this.#damaged('its end');
    const counted: Omit<BackupEnd, 'sha256'> = {
      entries: this.#entries,
      mirrorRows: this.#mirrorRows,
      stateRows: this.#stateRows,
    };
    const isComplete =
      this.#next === manifest.lastPosition + 1 &&
      this.#hasKeys === (manifest.keys === 'sealed') &&
      end.entries === counted.entries &&
      end.mirrorRows === counted.mirrorRows &&
      end.stateRows === counted.stateRows;
    if (!isComplete) throw this.#damaged('its contents: parts of it');
    if (end.sha256 !== sha256) throw this.#damaged('the whole');
    if (this.#bytes.take(1) !== undefined) throw this.#damaged('its end: something follows it, which');
    return manifest;
  }

  #damaged(what: string): BackupError {
    return new BackupError(
      'BACKUP_DAMAGED',
      `the backup is damaged: ${what} is not what was written (before byte ${this.#bytes.position})`,
    );
  }
}

function truncated(): BackupError {
  return new BackupError('BACKUP_TRUNCATED', 'the backup is cut off: it ends before its end');
}

/** A file's bytes from the first on, read in chunks. */
class ArchiveBytes {
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  position = 0;

  constructor(private readonly file: number) {}

  /** @returns undefined when so many are no longer there */
  take(count: number): Buffer | undefined {
    while (this.#chunk.length - this.#at < count) {
      const more = Buffer.alloc(Math.max(CHUNK_BYTES, Math.min(count, CHUNK_BYTES * 8)));
      const read = readSync(this.file, more);
      if (read === 0) return undefined;
      this.#chunk = Buffer.concat([this.#chunk.subarray(this.#at), more.subarray(0, read)]);
      this.#at = 0;
    }
    const bytes = this.#chunk.subarray(this.#at, this.#at + count);
    this.#at += count;
    this.position += count;
    return bytes;
  }
}
