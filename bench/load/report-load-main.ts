/**
 * A child that reports signals to a running service, so many calls at a time, each answer checked, and prints what it
 * measured as JSON. Its argument is a {@link ReportLoad} as JSON.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  ReportSignalsRequestSchema,
  ReportSignalsResponseSchema,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { chance, person } from '../fixtures/population.js';
import { framedMessage, grpcFrame } from './grpc-frame.js';
import { latencyHistogram } from './open-loop.js';
import type { ReportLoad, ReportSlot } from './report-load.js';
import { type CallEnd, UnaryClient } from './unary-client.js';

const REPORT_PATH = '/holdfast.v1.RiskService/ReportSignals';
const CONNECTIONS = 4;
const ACCOUNT_SALT = 31;
const AGE_SALT = 32;
const HOUR_MS = 3_600_000;

const TYPES = [
  SignalType.NEW_LOCATION,
  SignalType.NEW_DEVICE,
  SignalType.LOGIN_FAILED,
  SignalType.PASSWORD_CHANGED,
];

const [argument = '{}'] = process.argv.slice(2);
const load: ReportLoad = JSON.parse(argument);
const nowMs = Date.now();

function frame(call: number): Buffer {
  const signals = Array.from({ length: load.signalsPerCall }, (_, place) => {
    const at = call * load.signalsPerCall + place;
    const { accountId, email } = person(Math.floor(chance(at, ACCOUNT_SALT + load.run) * load.accounts));
    return {
      signalId: `s-${load.runName}-${load.run}-${at}`,
      type: TYPES[at % TYPES.length] ?? SignalType.NEW_LOCATION,
      accountId,
      email,
      occurredAt: timestampFromMs(nowMs - Math.floor(chance(at, AGE_SALT) * HOUR_MS)),
    };
  });
  return grpcFrame(toBinary(ReportSignalsRequestSchema, create(ReportSignalsRequestSchema, { signals })));
}

function requireAccepted(end: CallEnd): void {
  if (end.grpcStatus !== 0) throw new Error(`answered ${end.grpcStatus} ${end.grpcMessage}`);
  const { accepted, rejected } = fromBinary(ReportSignalsResponseSchema, framedMessage(end.body));
  const [refusal] = rejected;
  if (refusal !== undefined) throw new Error(`refused a signal: ${refusal.field} ${refusal.cause}`);
  if (accepted.length !== load.signalsPerCall || accepted.some(({ duplicate }) => duplicate)) {
    throw new Error(`accepted ${accepted.length} of ${load.signalsPerCall}, or took some for duplicates`);
  }
}

function measure(client: UnaryClient, frames: readonly Buffer[]): Promise<ReportSlot> {
  const latencies = latencyHistogram();
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let sent = 0;
    let over = 0;
    const next = () => {
      const body = frames[sent];
      if (body === undefined) return;
      sent += 1;
      const sentAt = performance.now();
      client.send(body, (end) => {
        try {
          requireAccepted(end);
        } catch (error) {
          reject(error);
          return;
        }
        latencies.recordValue(Math.max(1, Math.round((performance.now() - sentAt) * 1_000)));
        over += 1;
        if (over < frames.length) next();
        else resolve(slotSince(startedAt));
      });
    };
    const slotSince = (since: number): ReportSlot => ({
      signalsPerSecond: (frames.length * load.signalsPerCall * 1_000) / (performance.now() - since),
      p50Micros: latencies.getValueAtPercentile(50),
      p99Micros: latencies.getValueAtPercentile(99),
    });
    for (let at = 0; at < load.callsInFlight; at += 1) next();
  });
}

const frames = Array.from({ length: load.calls }, (_, call) => frame(call));
const client = await UnaryClient.open(load.address, REPORT_PATH, CONNECTIONS);
const slot = await measure(client, frames);
await client.close();
process.stdout.write(JSON.stringify(slot));
