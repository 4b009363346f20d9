import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, fromBinary } from '@bufbuild/protobuf';
import type { UnixMs } from '../../decision/vocabulary.js';
import { EvidenceView } from '../../evidence/index.js';
import {
  AssessWithdrawalResponseSchema,
  ReportSignalsRequestSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { createKeyFile, listPseudonyms, OperatorDirectory, Pseudonyms } from '../../identity/index.js';
import { Journal } from '../../journal/index.js';
import { readPolicy } from '../../policy/index.js';
import type { PopulationEvent, SyntheticWithdrawal } from '../../population/index.js';
import type { CallContext } from '../../server/grpc-adapter.js';
import { assessWithdrawal } from '../../server/risk/assess-withdrawal.js';
import { type RiskParts, UNGOVERNED } from '../../server/risk/parts.js';
import { record } from '../../server/risk/record.js';
import { reportSignals } from '../../server/risk/report-signals.js';
import { ONLY_TENANT } from '../../service/only-tenant.js';
import { openLogStore } from '../../store/lmdb-log-store.js';
import { makeFolder } from '../../store/make-folder.js';
import { MemoryStateStore } from '../../store/memory-state-store.js';
import { CommandError } from '../terminal.js';
import { assessRequest, signalMessage } from './history-messages.js';
import { LABELS_FILE, type SyntheticLabels, type Theft } from './labels.js';
import { cohortBody, providerEventBody, syntheticFeeds } from './synthetic-provider.js';

/** Events between two waits for the disk: below what the journal lets wait. */
const EVENTS_PER_FLUSH = 2_000;
/** Evidence decoded in memory while the history is made. */
const CACHE_BYTES = 256 * 1024 * 1024;
const DAY_MS = 86_400_000;
/** Thefts are found out, and honest withdrawals taken for such, some days later. */
const OUTCOME_AFTER_MS = 5 * DAY_MS;

const TELEMETRY: RiskParts['telemetry'] = {
  decided: () => undefined,
  factsMissing: () => undefined,
  degradedAllow: () => undefined,
  signalsReported: () => undefined,
  destinationDoubted: () => undefined,
  metAsBefore: () => undefined,
  outcomesReported: () => undefined,
  clientDecisionsReported: () => undefined,
};

const CONTEXT: CallContext = {
  tenant: ONLY_TENANT,
  deadlineAt: Number.POSITIVE_INFINITY,
  arrivedAt: 0,
  traceparent: undefined,
  cancelled: () => false,
};

export interface HistoryOptions {
  /** Must not exist yet, or be empty of data. */
  readonly folder: string;
  readonly policyText: string;
  readonly events: readonly PopulationEvent[];
  readonly seed: number;
  readonly onProgress?: (written: number, total: number) => void;
}

/**
 * Writes a history as a data folder: every event goes through the service's own code, at the time at which it happens,
 * and is recorded in a real log. The folder is then one that a service can be started on.
 *
 * @returns the truth about each assessment, which is also written beside the log
 * @throws CommandError when the folder is in use or the policy has mistakes
 */
export async function writeHistory(options: HistoryOptions): Promise<SyntheticLabels> {
  const { folder, events } = options;
  if (existsSync(join(folder, 'log'))) throw new CommandError(`${folder} already holds a history`);
  makeFolder(folder);
  const [first] = events;
  let now: UnixMs = first?.at ?? 0;
  const clock = { nowMs: () => now };
  const keyring = createKeyFile(join(folder, 'keys.json'), randomBytes, now);
  const pseudonyms = new Pseudonyms(keyring, new OperatorDirectory(), { cacheBytes: CACHE_BYTES / 4 });
  const policy = readPolicy(options.policyText, { pseudonyms: listPseudonyms(pseudonyms, ONLY_TENANT) });
  if (policy.kind === 'invalid') throw new CommandError('the policy has mistakes: holdfast policy check');
  const log = await openLogStore(join(folder, 'log'));
  const journal = new Journal({ store: log, clock, durability: 'relaxed' });
  const view = new EvidenceView(new MemoryStateStore(), { cacheBytes: CACHE_BYTES });
  const live = { policy: policy.policy, number: 1 };
  const parts: RiskParts = {
    clock,
    pseudonyms,
    view,
    journal,
    feedsFor: syntheticFeeds,
    governor: UNGOVERNED,
    livePolicy: () => live,
    answered: () => undefined,
    audit: 'relaxed',
    telemetry: TELEMETRY,
  };
  const history = new History(parts);
  try {
    history.beginWith(policy.policy.hash, options.policyText);
    for (const [index, event] of events.entries()) {
      now = Math.max(now, event.at);
      history.add(event, index);
      if (index % EVENTS_PER_FLUSH !== 0) continue;
      await journal.whenDurable(journal.head);
      options.onProgress?.(index, events.length);
    }
    await history.reportOutcomes(now);
    options.onProgress?.(events.length, events.length);
  } finally {
    await journal.close();
    await log.close();
  }
  const labels: SyntheticLabels = { synthetic: true, seed: options.seed, thefts: history.thefts };
  writeFileSync(join(folder, LABELS_FILE), `${JSON.stringify(labels)}\n`, { mode: 0o600 });
  return labels;
}

/** The history while it is written. */
class History {
  readonly thefts: Theft[] = [];
  readonly #parts: RiskParts;
  readonly #answered: { readonly id: string; readonly asked: SyntheticWithdrawal }[] = [];

  constructor(parts: RiskParts) {
    this.#parts = parts;
  }

  beginWith(hash: string, text: string): void {
    const { journal, view } = this.#parts;
    record(journal, view, '', 'policy-revision', () => ({
      kind: 'policy-revision',
      number: 1,
      hash,
      text,
      author: 'policy file',
      message: 'at the start of a synthetic history',
      parent: 0,
      activates: true,
    }));
  }

  add(event: PopulationEvent, index: number): void {
    const { journal, view, pseudonyms } = this.#parts;
    switch (event.kind) {
      case 'signal': {
        const signals = [signalMessage(event, `signal-${index}`)];
        const request = create(ReportSignalsRequestSchema, { signals });
        // Taken in at once; the wait for the disk is shared by many.
        reportSignals(this.#parts, request, CONTEXT).catch(() => undefined);
        return;
      }
      case 'provider-event': {
        const body = providerEventBody(event, `token-${index}`, pseudonyms);
        if (body !== undefined) record(journal, view, '', 'provider-event', () => body);
        return;
      }
      case 'cohort':
        record(journal, view, '', 'provider-event', () => cohortBody(event, `token-${index}`, pseudonyms));
        return;
      case 'withdrawal':
        this.#ask(event, index);
        return;
      default:
        event satisfies never;
    }
  }

  #ask(asked: SyntheticWithdrawal, index: number): void {
    const answer = assessWithdrawal(this.#parts, assessRequest(asked, `withdrawal-${index}`), CONTEXT);
    if (answer instanceof Promise) throw new Error('an answer without a wish for freshness is given at once');
    const { assessmentId } = fromBinary(AssessWithdrawalResponseSchema, answer.bytes);
    this.#answered.push({ id: assessmentId, asked });
    if (asked.theft === undefined) return;
    const { takeover, style } = asked.theft;
    this.thefts.push({ assessmentId, takeover, style });
  }

  /** What became of everything, told at the end. */
  async reportOutcomes(end: UnixMs): Promise<void> {
    const { journal, view } = this.#parts;
    for (const [index, { id, asked }] of this.#answered.entries()) {
      record(journal, view, ONLY_TENANT, 'outcome', () => ({
        kind: 'outcome',
        assessmentId: id,
        label: asked.theft === undefined ? 'HONEST' : 'FRAUD_CONFIRMED',
        reportedBy: 'synthetic population',
        observedAt: Math.min(end, asked.at + OUTCOME_AFTER_MS),
      }));
      if (index % EVENTS_PER_FLUSH === 0) await journal.whenDurable(journal.head);
    }
    await journal.whenDurable(journal.head);
  }
}
