import { type FileHandle, readFile } from 'node:fs/promises';
import type { UnixMs } from '../../decision/vocabulary.js';
import { parseObject } from '../token.js';
import { replaceFile } from './key-files.js';
import { lockOutbox, unlockOutbox } from './outbox-lock.js';
import {
  beginSegment,
  confirmationLine,
  continueSegment,
  dropOldSegments,
  type KeptToken,
  listSegments,
  OUTBOX_MODE,
  type Retention,
  readSegment,
  readToken,
  SEGMENT_TOKENS,
  segmentFolder,
  tokenLine,
} from './outbox-segments.js';
import { ProviderToolError } from './provider-tool-error.js';

const DAY_MS = 86_400_000;

/**
 * As long as the stream itself keeps messages, so that what it may have lost can be given again; the number bounds the
 * disk to about 1 GB.
 */
export const DEFAULT_RETENTION: Retention = { keepMs: 90 * DAY_MS, keepTokens: 1_000_000 };

/** What the outbox file itself says; the tokens lie in the folder beside it. */
type Head =
  | { readonly kind: 'none' }
  /** Of an earlier version, which kept no tokens. */
  | { readonly kind: 'bare'; readonly next: number; readonly pending?: KeptToken }
  | { readonly kind: 'with-tokens'; readonly nextAtLeast: number };

/**
 * A provider's counter and every token that it published. A number is given out only together with its token, which is
 * on disk before anybody sees it and stays long after: so the receiver never sees a gap that nobody can fill.
 */
export class Outbox {
  readonly #file: string;
  readonly #folder: string;
  readonly #retention: Retention;
  #segment: FileHandle;
  #segmentFirst: number;
  #next: number;
  readonly #unconfirmed: Map<number, KeptToken>;
  /** Confirmed, and not written down yet. */
  #toConfirm: number[] = [];
  /** Writes follow each other. */
  #writing: Promise<void> = Promise.resolve();
  /** A write failed, perhaps half-way: nothing may be appended behind it. */
  #hasFailed = false;

  private constructor(
    file: string,
    retention: Retention,
    segment: FileHandle,
    segmentFirst: number,
    next: number,
    unconfirmed: readonly KeptToken[],
  ) {
    this.#file = file;
    this.#folder = segmentFolder(file);
    this.#retention = retention;
    this.#segment = segment;
    this.#segmentFirst = segmentFirst;
    this.#next = next;
    this.#unconfirmed = new Map(unconfirmed.map((token) => [token.seq, token]));
  }

  /**
   * Opens an outbox, or makes one, for this process alone; {@link close} it.
   *
   * @throws ProviderToolError codes `OUTBOX_IN_USE`, `OUTBOX_INVALID`
   */
  static async open(file: string, retention: Retention = DEFAULT_RETENTION): Promise<Outbox> {
    await lockOutbox(file);
    try {
      return await Outbox.#openLocked(file, retention);
    } catch (error) {
      await unlockOutbox(file);
      throw error;
    }
  }

  static async #openLocked(file: string, retention: Retention): Promise<Outbox> {
    const folder = segmentFolder(file);
    const head = await readHead(file);
    const newest = (await listSegments(folder)).at(-1);
    if (head.kind === 'bare' || (head.kind === 'none' && newest === undefined)) {
      const { next, pending } = head.kind === 'bare' ? head : { next: 1 };
      const first = pending?.seq ?? next;
      const segment = await beginSegment(folder, first, []);
      const unconfirmed = pending === undefined ? [] : [pending];
      for (const token of unconfirmed) await segment.writeFile(tokenLine(token));
      await segment.datasync();
      await writeHead(file, first);
      return new Outbox(file, retention, segment, first, next, unconfirmed);
    }
    if (newest === undefined) {
      throw new ProviderToolError('OUTBOX_INVALID', `${folder} is missing: it holds the published tokens`);
    }
    const { file: handle, segment } = await continueSegment(folder, newest);
    if (segment === undefined) {
      await handle.close();
      throw new ProviderToolError('OUTBOX_INVALID', `the newest file in ${folder} is damaged`);
    }
    const last = segment.tokens.at(-1)?.seq ?? newest - 1;
    const next = Math.max(last + 1, head.kind === 'with-tokens' ? head.nextAtLeast : 1);
    const carried = await collectTokens(folder, segment.carried);
    const unconfirmed = [...carried, ...segment.tokens].filter(({ seq }) => !segment.confirmed.has(seq));
    return new Outbox(file, retention, handle, newest, next, unconfirmed);
  }

  /** Tokens that the broker has not confirmed, in the order of their numbers. */
  get unconfirmed(): readonly KeptToken[] {
    return [...this.#unconfirmed.values()];
  }

  /** The number that the next token is to carry. */
  get next(): number {
    return this.#next;
  }

  /**
   * Gives the numbers from {@link next} on to tokens that carry them. They are on disk when this resolves. To be awaited
   * before it is called again.
   *
   * @throws ProviderToolError code `OUTBOX_FAILED`: open it anew
   */
  async add(
    tokens: readonly { readonly jti: string; readonly token: string }[],
    now: UnixMs,
  ): Promise<readonly KeptToken[]> {
    const kept = tokens.map(({ jti, token }, index) => ({ seq: this.#next + index, jti, token, at: now }));
    await this.#write(async () => {
      if (this.#next - this.#segmentFirst >= SEGMENT_TOKENS) await this.#beginNext(now);
      await this.#append(kept.map(tokenLine).join(''));
      await this.#segment.datasync();
      for (const token of kept) this.#unconfirmed.set(token.seq, token);
      this.#next += kept.length;
    });
    return kept;
  }

  /**
   * The broker has confirmed these numbers. Not forced to disk, and what comes while another write runs shares one
   * line: what is forgotten is only published once more.
   */
  confirm(seqs: readonly number[]): void {
    const isWriteDue = this.#toConfirm.length > 0;
    this.#toConfirm.push(...seqs.filter((seq) => this.#unconfirmed.delete(seq)));
    if (isWriteDue || this.#toConfirm.length === 0) return;
    this.#write(async () => {
      const seqs = this.#toConfirm;
      this.#toConfirm = [];
      await this.#append(confirmationLine(seqs));
    }).catch(() => undefined);
  }

  /** Resolves when everything is written and another process may open it. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#segment.close();
    await unlockOutbox(this.#file);
  }

  async #beginNext(now: UnixMs): Promise<void> {
    const begun = await beginSegment(this.#folder, this.#next, [...this.#unconfirmed.keys()]);
    await this.#segment.close();
    this.#segment = begun;
    this.#segmentFirst = this.#next;
    await writeHead(this.#file, this.#next);
    await dropOldSegments(this.#folder, this.#next, this.#retention, now);
  }

  #write(task: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(async () => {
      if (this.#hasFailed) throw outboxFailed(new Error('an earlier write failed'));
      try {
        await task();
      } catch (cause) {
        this.#hasFailed = true;
        throw outboxFailed(cause);
      }
    });
    this.#writing = done.catch(() => undefined);
    return done;
  }

  async #append(text: string): Promise<void> {
    await this.#segment.appendFile(text);
  }
}

/** Reads kept tokens of a range in order, without locking: also while another process publishes. */
export async function* keptTokens(outboxFile: string, from: number, to: number): AsyncGenerator<KeptToken> {
  const folder = segmentFolder(outboxFile);
  const firsts = await listSegments(folder);
  for (const [index, first] of firsts.entries()) {
    const nextFirst = firsts[index + 1] ?? Number.POSITIVE_INFINITY;
    if (nextFirst <= from || first > to) continue;
    for (const token of await readSegment(folder, first)) {
      if (token.seq >= from && token.seq <= to) yield token;
    }
  }
}

function outboxFailed(cause: unknown): ProviderToolError {
  const reason = cause instanceof Error ? cause.message : 'unknown cause';
  return new ProviderToolError('OUTBOX_FAILED', `the outbox cannot be written: ${reason}`, { cause });
}

async function collectTokens(folder: string, seqs: readonly number[]): Promise<readonly KeptToken[]> {
  const wanted = new Set(seqs);
  if (wanted.size === 0) return [];
  const found: KeptToken[] = [];
  for (const first of await listSegments(folder)) {
    for (const token of await readSegment(folder, first)) if (wanted.has(token.seq)) found.push(token);
  }
  return found;
}

async function writeHead(file: string, nextAtLeast: number): Promise<void> {
  await replaceFile(file, `${JSON.stringify({ format: 2, nextAtLeast })}\n`, OUTBOX_MODE);
}

/** @throws ProviderToolError code `OUTBOX_INVALID` */
async function readHead(file: string): Promise<Head> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { kind: 'none' };
  const stored = parseObject(text);
  const nextAtLeast = stored?.['nextAtLeast'];
  if (stored?.['format'] === 2 && isCounter(nextAtLeast)) return { kind: 'with-tokens', nextAtLeast };
  const next = stored?.['next'];
  const pending = readToken(stored?.['pending'], 0);
  const isPendingDamaged = stored?.['pending'] !== undefined && pending === undefined;
  if (!isCounter(next) || isPendingDamaged) {
    throw new ProviderToolError(
      'OUTBOX_INVALID',
      `${file} is damaged; its counter must go on from the last number`,
    );
  }
  return { kind: 'bare', next, ...(pending === undefined ? {} : { pending }) };
}

function isCounter(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}
