import { setTimeout as pause } from 'node:timers/promises';
import type { RunningChild } from '../load/child-process.js';

/** Any side starts within seconds; a service that has to catch up with its log is given longer. */
const READY_TIMEOUT_MS = 60_000;
/** Between two looks; bounds the error of a measured start. */
const LOOK_EVERY_MS = 2;

/**
 * Waits until a URL answers 200.
 *
 * @returns milliseconds since the call
 * @throws Error with the child's output when it ends or takes too long
 */
export async function whenReady(
  url: string,
  child: RunningChild,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<number> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < timeoutMs) {
    if (child.ended()) throw new Error(`it ended before it was ready:\n${child.output()}`);
    if (await isUp(url)) return performance.now() - startedAt;
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`it was not ready in time:\n${child.output()}`);
}

async function isUp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
