import { create, fromBinary } from '@bufbuild/protobuf';
import type { Channel } from './channel.js';
import {
  ClientDecisionSchema,
  ReportClientDecisionsRequestSchema,
  RiskService,
} from './gen/holdfast/v1/risk_service_pb.js';
import type { ClientEvent } from './outcome.js';

/** Reports that wait. While it is full nothing is let go. */
const MAX_WAITING = 10_000;

/** Bounds of one call: the contract's are 100 and 512 KiB. */
const BATCH_COUNT = 100;
const BATCH_BYTES = 256 * 1024;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const CALL_TIMEOUT_MS = 5_000;

/** Reports what this instance decided alone, until the service has acknowledged it. The same report twice counts once. */
export class OwnReports {
  readonly #waiting: Uint8Array[] = [];
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    private readonly channel: Channel,
    private readonly tell: (event: ClientEvent) => void,
  ) {}

  /** Reports that the service has not acknowledged. */
  get count(): number {
    return this.#waiting.length;
  }

  /** What cannot be reported may not happen. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  /** @returns false if there is no room for it */
  add(report: Uint8Array): boolean {
    if (this.isFull) {
      this.tell({ kind: 'report-dropped' });
      return false;
    }
    this.#waiting.push(report);
    this.#schedule();
    return true;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#send(), this.#pauseMs);
    this.#timer.unref();
  }

  async #send(): Promise<void> {
    const batch = this.#batch();
    try {
      const request = create(ReportClientDecisionsRequestSchema, {
        decisions: batch.map((bytes) => fromBinary(ClientDecisionSchema, bytes)),
      });
      const answer = await this.channel.call(
        RiskService.method.reportClientDecisions,
        request,
        CALL_TIMEOUT_MS,
      );
      this.#waiting.splice(0, batch.length);
      this.#pauseMs = FIRST_PAUSE_MS;
      for (const { field, cause } of answer.rejected) this.tell({ kind: 'report-refused', field, cause });
      this.tell({ kind: 'reported', count: answer.acceptedCount });
    } catch {
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    }
    this.#timer = undefined;
    if (this.#waiting.length > 0) this.#schedule();
  }

  #batch(): readonly Uint8Array[] {
    const batch: Uint8Array[] = [];
    let bytes = 0;
    for (const report of this.#waiting.slice(0, BATCH_COUNT)) {
      bytes += report.byteLength;
      if (batch.length > 0 && bytes > BATCH_BYTES) break;
      batch.push(report);
    }
    return batch;
  }
}
