import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { readConfig } from '../../src/config.js';
import type { MailboxLink } from '../../src/decision/evidence.js';
import {
  AssessWithdrawalRequestSchema,
  type AssessWithdrawalResponse,
  type ReportSignalsResponse,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import type { SignalSchema } from '../../src/gen/holdfast/v1/signal_pb.js';
import { readMailAddress } from '../../src/identity/index.js';
import type { Clock } from '../../src/journal/index.js';
import { record } from '../../src/server/risk/record.js';
import { type Overrides, type Service, startService } from '../../src/service.js';
import type { JournalEntryBody } from '../../src/store/codec/entries.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { ASSESS_PATH } from '../server/harness.js';
import { PatientClient } from './patient-client.js';
import { RawClient } from './raw-call.js';

export { details, failure } from '../server/harness.js';

export type RequestInit = Omit<
  MessageInitShape<typeof AssessWithdrawalRequestSchema>,
  '$typeName' | '$unknown'
>;
export type SignalInit = Omit<MessageInitShape<typeof SignalSchema>, '$typeName' | '$unknown'>;

/** Noon of a day; where a test's clock begins. */
export const START = Date.UTC(2026, 0, 15, 12);

const POLICY_FILE = join(import.meta.dirname, 'policy.yaml');

/** A clock that only the test moves. */
export class TestClock implements Clock {
  constructor(public now: number = START) {}

  nowMs(): number {
    return this.now;
  }
}

export interface TestServiceOptions {
  /** To start again on what an earlier one left; absent: a new folder. */
  readonly folder?: string;
  readonly clock?: TestClock;
  readonly stores?: Overrides['stores'];
  /** Further `HOLDFAST_*` variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A service that listens on free ports, with everything around it that a test looks at. */
export interface TestService {
  readonly folder: string;
  /** A copy of the test policy; change it to have it reloaded. */
  readonly policyFile: string;
  readonly clock: TestClock;
  readonly service: Service;
  readonly client: PatientClient;
  /** Lines of the log so far. */
  readonly logLines: readonly string[];
  assess(request: RequestInit, timeoutMs?: number): Promise<AssessWithdrawalResponse>;
  /** The answer as it came, byte for byte. */
  assessBytes(request: RequestInit): Promise<Buffer>;
  report(...signals: readonly SignalInit[]): Promise<ReportSignalsResponse>;
  /** Appends an entry as the feed, or another tenant, would. */
  write(tenant: string, body: JournalEntryBody): Promise<{ readonly id: string; readonly position: number }>;
  /** The mailbox of an address under this service's keys. */
  mailbox(address: string): MailboxLink;
  ops(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Stops and starts again on the same folder with the same clock. */
  restart(options?: Omit<TestServiceOptions, 'folder' | 'clock'>): Promise<TestService>;
  stop(): Promise<void>;
}

const running = new Set<TestService>();
const folders = new Set<string>();

/** A folder that is removed with the services. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  folders.add(folder);
  copyFileSync(POLICY_FILE, join(folder, 'policy.yaml'));
  return folder;
}

export function configFor(folder: string, env: Readonly<Record<string, string>> = {}) {
  const read = readConfig({
    HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
    HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
    HOLDFAST_DATA_DIR: join(folder, 'data'),
    HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
    HOLDFAST_CACHE_BYTES: String(4 * 1024 * 1024),
    ...env,
  });
  if (read.kind === 'invalid') throw new Error(read.problems.join('; '));
  return read.config;
}

/** Starts a service. Stopped by {@link stopServices}. */
export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const folder = options.folder ?? temporaryFolder();
  const clock = options.clock ?? new TestClock();
  const logLines: string[] = [];
  const service = await startService(configFor(folder, options.env), {
    clock,
    metrics: new Metrics({ withProcess: false }),
    logger: createLogger({ level: 'trace', destination: { write: (line) => void logLines.push(line) } }),
    ...(options.stores === undefined ? {} : { stores: options.stores }),
  });
  const client = new PatientClient(service.grpcAddress);
  const raw = new RawClient(service.grpcAddress);
  const started: TestService = {
    folder,
    policyFile: join(folder, 'policy.yaml'),
    clock,
    service,
    client,
    logLines,
    assess: (request, timeoutMs) => client.call(RiskService.method.assessWithdrawal, request, timeoutMs),
    assessBytes(request) {
      const message = create(AssessWithdrawalRequestSchema, request);
      return raw.call(ASSESS_PATH, Buffer.from(toBinary(AssessWithdrawalRequestSchema, message)));
    },
    report: (...signals) => client.call(RiskService.method.reportSignals, { signals: [...signals] }),
    async write(tenant, body) {
      const { journal, view } = service.stores;
      const { stamp, durable } = record(journal, view, tenant, body.kind, () => body);
      await durable;
      return stamp;
    },
    mailbox(address) {
      const read = readMailAddress(address);
      if (read.kind === 'invalid') throw new Error(read.cause);
      return service.pseudonyms.mailbox(read.address, clock.now);
    },
    async ops(path) {
      const response = await fetch(`http://${service.opsAddress}${path}`);
      return { status: response.status, text: await response.text() };
    },
    async restart(again = {}) {
      await started.stop();
      return startTestService({ ...options, ...again, folder, clock });
    },
    async stop() {
      running.delete(started);
      client.close();
      raw.close();
      await service.stop('the test is over');
    },
  };
  running.add(started);
  return started;
}

export async function stopServices(): Promise<void> {
  for (const service of [...running]) await service.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

/** Every file below a folder with its bytes. */
export function filesBelow(folder: string): { readonly path: string; readonly bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, bytes: readFileSync(path) };
    });
}
