import { fileURLToPath } from 'node:url';
import { runChild } from './child-process.js';

/** Signals that a service has not seen, in a closed loop. */
export interface ReportLoad {
  /** host:port */
  readonly address: string;
  readonly calls: number;
  readonly signalsPerCall: number;
  readonly callsInFlight: number;
  /** Reported on: 0 to below this. */
  readonly accounts: number;
  /** Tells this run's signals from those of runs on the same state. */
  readonly runName: string;
  /** Which slot of the run this is, from 0. */
  readonly run: number;
}

export interface ReportSlot {
  /** Acknowledged, so durable. */
  readonly signalsPerSecond: number;
  /** From sending to the acknowledgement. */
  readonly p50Micros: number;
  readonly p99Micros: number;
}

/** @throws Error when a signal was refused or taken for a duplicate */
export async function loadWithSignals(load: ReportLoad): Promise<ReportSlot> {
  const script = fileURLToPath(new URL('./report-load-main.js', import.meta.url));
  return JSON.parse(await runChild(process.execPath, [script, JSON.stringify(load)]));
}
