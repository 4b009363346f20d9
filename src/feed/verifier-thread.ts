import { Worker } from 'node:worker_threads';
import type { UnixMs } from '../decision/vocabulary.js';
import { refuse } from './refusal.js';
import type { RawMessage, Verifier } from './verifier.js';
import type { Verification, VerifierSettings } from './verify.js';

/** To the thread. Answers come in the order of the batches. */
export type ThreadRequest =
  | { readonly kind: 'settings'; readonly settings: VerifierSettings }
  | { readonly kind: 'batch'; readonly messages: readonly RawMessage[]; readonly now: UnixMs };

export type ThreadAnswer = readonly Verification[];

interface Job {
  readonly messages: readonly RawMessage[];
  readonly now: UnixMs;
  readonly resolve: (results: readonly Verification[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Checks in a worker thread. One batch is in flight at a time. When the thread dies it is started again and the batch
 * repeated one message at a time; a message that kills it alone is refused.
 */
export class VerifierThread implements Verifier {
  readonly #file: URL;
  readonly #queue: Job[] = [];
  #settings: VerifierSettings;
  #worker: Worker | undefined;
  #current: Job | undefined;
  #isClosed = false;
  /** How often the thread died and was started again. */
  restarts = 0;
  settingsCount = 0;

  constructor(settings: VerifierSettings, file: URL) {
    this.#settings = settings;
    this.#file = file;
  }

  verifyBatch(messages: readonly RawMessage[], now: UnixMs): Promise<readonly Verification[]> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new Error('the verifier is closed'));
        return;
      }
      this.#queue.push({ messages, now, resolve, reject });
      this.#next();
    });
  }

  replaceSettings(settings: VerifierSettings): void {
    this.#settings = settings;
    this.settingsCount++;
    this.#post({ kind: 'settings', settings });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    for (const job of [this.#current, ...this.#queue.splice(0)]) {
      job?.reject(new Error('the verifier is closed'));
    }
    this.#current = undefined;
    await worker?.terminate();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    this.#current = job;
    this.#worker ??= this.#start();
    this.#post({ kind: 'batch', messages: job.messages, now: job.now });
  }

  #post(request: ThreadRequest): void {
    this.#worker?.postMessage(request);
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { workerData: this.#settings, name: 'feed-verifier' });
    worker.on('message', (results: ThreadAnswer) => {
      const job = this.#current;
      this.#current = undefined;
      job?.resolve(results);
      this.#next();
    });
    // `exit` follows and does the rest; without a listener the error would end the process.
    worker.on('error', () => undefined);
    worker.on('exit', () => this.#died(worker));
    // The connection to the broker keeps the process alive, not this thread.
    worker.unref();
    return worker;
  }

  #died(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.restarts++;
    const job = this.#current;
    this.#current = undefined;
    if (job === undefined) return;
    const [only] = job.messages;
    if (job.messages.length <= 1) {
      job.resolve(only === undefined ? [] : [refuse('HANDLER_FAILED', 'the verifier died on it')]);
    } else this.#repeatSingly(job);
    this.#next();
  }

  #repeatSingly(job: Job): void {
    const results: Verification[] = new Array(job.messages.length);
    let missing = job.messages.length;
    const singles = job.messages.map(
      (message, index): Job => ({
        messages: [message],
        now: job.now,
        reject: job.reject,
        resolve: ([result]) => {
          results[index] = result ?? refuse('HANDLER_FAILED', 'the verifier gave no result');
          if (--missing === 0) job.resolve(results);
        },
      }),
    );
    this.#queue.unshift(...singles);
  }
}
