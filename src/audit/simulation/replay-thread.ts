import { Worker } from 'node:worker_threads';
import type { ReplaySlice } from './replay-slice.js';
import { Replayer, type ReplayFindings, type ReplayTask } from './replay-task.js';

/** To the thread. */
export type ReplayRequest =
  | { readonly kind: 'slice'; readonly slice: ReplaySlice }
  | { readonly kind: 'finish' };

/** From the thread: one for each request, in order. */
export type ReplayAnswer =
  | { readonly kind: 'replayed' }
  | { readonly kind: 'findings'; readonly findings: ReplayFindings };

/** Replays slices; one at a time. */
export interface ReplayHand {
  replay(slice: ReplaySlice): Promise<void>;
  finish(): Promise<ReplayFindings>;
  close(): Promise<void>;
}

/** Replays on the calling thread, where there is no compiled file to start a thread from. */
export class DirectReplay implements ReplayHand {
  readonly #replayer: Replayer;

  constructor(task: ReplayTask) {
    this.#replayer = new Replayer(task);
  }

  async replay(slice: ReplaySlice): Promise<void> {
    this.#replayer.add(slice);
  }

  async finish(): Promise<ReplayFindings> {
    return this.#replayer.findings;
  }

  async close(): Promise<void> {}
}

/** Replays in a worker thread. When the thread fails, so does the call in flight, and every later one. */
export class ReplayThread implements ReplayHand {
  readonly #worker: Worker;
  #waiting: { resolve(answer: ReplayAnswer): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(task: ReplayTask, file: URL) {
    this.#worker = new Worker(file, { workerData: task, name: 'policy-replay' });
    this.#worker.on('message', (answer: ReplayAnswer) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(answer);
    });
    this.#worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
    this.#worker.on('exit', () => this.#fail(new Error('the replay thread ended')));
  }

  async replay(slice: ReplaySlice): Promise<void> {
    await this.#ask({ kind: 'slice', slice }, [
      slice.bytes.buffer,
      slice.ends.buffer,
      slice.positions.buffer,
    ]);
  }

  async finish(): Promise<ReplayFindings> {
    const answer = await this.#ask({ kind: 'finish' }, []);
    if (answer.kind !== 'findings') throw new Error('the replay thread answered out of turn');
    return answer.findings;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(request: ReplayRequest, moved: readonly ArrayBuffer[]): Promise<ReplayAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(request, [...moved]);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
