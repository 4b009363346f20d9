import { create } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import type { Channel } from './channel.js';
import type { KnownPosture } from './fail-posture.js';
import { GetFailPostureRequestSchema, RiskService } from './gen/holdfast/v1/risk_service_pb.js';
import type { ClientEvent } from './outcome.js';

const RETRY_MS = 5_000;
const CALL_TIMEOUT_MS = 5_000;

/** Keeps the posture fresh: asks again when a third of its time has passed. */
export class PostureWatch {
  #known: KnownPosture | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    private readonly channel: Channel,
    private readonly tell: (event: ClientEvent) => void,
  ) {}

  /** As last heard, however old. */
  get known(): KnownPosture | undefined {
    return this.#known;
  }

  /** Asks now, and again by itself from then on. Never throws. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    let nextMs = RETRY_MS;
    // From before the call: an answer is no younger than its question.
    const heardAtMs = performance.now();
    try {
      const request = create(GetFailPostureRequestSchema);
      const { posture } = await this.channel.call(
        RiskService.method.getFailPosture,
        request,
        CALL_TIMEOUT_MS,
      );
      if (posture === undefined) throw new Error('no posture came');
      this.#known = { posture, heardAtMs };
      const validMs = posture.validFor === undefined ? 0 : durationMs(posture.validFor);
      nextMs = Math.max(1_000, Math.min(validMs / 3, 24 * 3_600_000));
      this.tell({ kind: 'posture-heard', policyNumber: posture.policyRevision?.number ?? 0 });
    } catch {
      this.tell({ kind: 'posture-not-heard' });
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.refresh(), nextMs);
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
