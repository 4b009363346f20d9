import type { LentConnection } from './http2/scheduled-streams.js';

/** When which calls are sent. The connections take turns. */
export interface SendPlan {
  /** By the clock of the metronome. */
  readonly firstAtMs: number;
  readonly intervalMs: number;
  readonly calls: number;
  readonly connections: readonly LentConnection[];
  /** Signed numbers of 32 bits, in the places of {@link Control}. */
  readonly control: SharedArrayBuffer;
  /** Signed numbers of 32 bits, one a call: how late it was sent, or held back. In microseconds, at least 1. */
  readonly latenessMicros: SharedArrayBuffer;
}

/** What the two threads tell each other, by place. */
export const Control = {
  /** Counts what the sending thread should look at; it sleeps on this. */
  SIGNAL: 0,
  /** 1: calls are due that the server does not take yet, so that the sending thread is to be woken when it does. */
  HELD_BACK: 1,
  /** Counts the frames that were posted to the sending thread. */
  POSTED: 2,
  /** 1: nothing is to be sent any more. */
  STOP: 3,
  /** Here and in the places behind: how many calls each connection takes. */
  FIRST_ALLOWED: 4,
} as const;

/** Frames of the connection itself, posted to the sending thread. */
export interface PostedFrames {
  /** Its place in the plan. */
  readonly connection: number;
  readonly frames: Uint8Array;
}
