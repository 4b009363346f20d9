import { join } from 'node:path';
import { PolicyHistory } from '../audit/policy-history.js';
import { EvidenceView } from '../evidence/index.js';
import { type CatchUpProgress, type Clock, combineProjections, Follower, Journal } from '../journal/index.js';
import type { StoreEvent } from '../store/events.js';
import { openLogStore } from '../store/lmdb-log-store.js';
import { openStateStore } from '../store/open-state-store.js';
import type { LogStore, StateStore } from '../store/ports.js';
import { writeFailureOf } from '../store/write-failure.js';
import type { Events } from '../telemetry/events.js';
import { FeedMirror, restoreFeeds } from './feed-mirror.js';
import { OpenedParts } from './opened-parts.js';

/** Version of the records in the state. Raise it when they change their meaning: the state is then rebuilt. */
export const STATE_SCHEMA_VERSION = 5;

/**
 * A process that dies this soon after it opened the state counts as one that died of it: a garbage page that is read only
 * while serving kills it in native code, and a start that fails in the same way twice costs more than a state made anew.
 */
const STATE_PROBATION_MS = 30_000;

/** How to make the parts that keep what is known. Tests put doubles in place of the two stores. */
export interface StoreSources {
  openLog(folder: string): Promise<LogStore>;
  openState(folder: string, log: LogStore): Promise<StateStore>;
}

/** Everything that keeps what is known. */
export interface Stores {
  readonly log: LogStore;
  readonly state: StateStore;
  readonly journal: Journal;
  readonly view: EvidenceView;
  readonly policies: PolicyHistory;
  readonly follower: Follower;
  /** Makes durable what was appended, commits the state, closes both stores. */
  close(): Promise<void>;
}

export interface StoresOptions {
  readonly dataDir: string;
  readonly audit: 'durable' | 'relaxed';
  readonly cacheBytes: number;
  readonly clock: Clock;
  readonly events: Events;
  /** The log is open and nothing has been done with it yet. */
  readonly onLogOpened?: (log: LogStore) => void | Promise<void>;
  /** Told while the state catches up with the log. */
  readonly onProgress?: (progress: CatchUpProgress) => void;
  readonly sources?: Partial<StoreSources>;
}

/**
 * Opens log and state and brings the state to the end of the log. If that fails, nothing is left open.
 *
 * @throws StoreError codes `LOG_CORRUPT`, `LOG_MISSING`, `STATE_CORRUPT`, `STORE_IN_USE`, `STORE_WRITE_FAILED`
 */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const opened = new OpenedParts();
  try {
    return await open(options, opened);
  } catch (error) {
    await opened.closeAll();
    throw error;
  }
}

async function open(options: StoresOptions, opened: OpenedParts): Promise<Stores> {
  const { dataDir, audit, cacheBytes, clock, events } = options;
  const sources = { ...lmdbSources(clock, events), ...options.sources };
  const log = await sources.openLog(join(dataDir, 'log'));
  opened.add(() => log.close());
  await options.onLogOpened?.(log);
  const state = await sources.openState(join(dataDir, 'state'), log);
  opened.add(() => state.close());
  await restoreFeeds(log, state);
  const mirror = new FeedMirror(log, state, (cause) =>
    events.stateWritable(false, cause, writeFailureOf(cause)),
  );
  const journal = new Journal({ store: log, clock, durability: audit });
  const view = new EvidenceView(state, { cacheBytes });
  const policies = new PolicyHistory(state);
  const follower = new Follower({
    log,
    state,
    journal,
    projection: combineProjections([view, policies, mirror]),
    onEntryFailed: (position, kind, error) => events.entryNotApplied(position, kind, error),
    onStateChange: (status, cause) =>
      events.stateWritable(status === 'ok', cause, status === 'ok' ? undefined : writeFailureOf(cause)),
  });
  await follower.catchUp(options.onProgress);
  follower.start();
  return {
    log,
    state,
    journal,
    view,
    policies,
    follower,
    async close() {
      // In this order: what the journal still makes durable is what the follower then commits.
      await journal.close().catch((cause: unknown) => events.auditFailed(writeFailureOf(cause), cause));
      await follower.close();
      await mirror.flush();
      await state.close();
      await log.close();
    },
  };
}

function lmdbSources(clock: Clock, events: Events): StoreSources {
  return {
    openLog: (folder) => openLogStore(folder, { onEvent: (event) => tell(events, event) }),
    openState: (folder, log) =>
      openStateStore(folder, {
        schemaVersion: STATE_SCHEMA_VERSION,
        logHead: log.lastPosition,
        logFirst: log.firstPosition,
        nowMs: () => clock.nowMs(),
        probationMs: STATE_PROBATION_MS,
        onEvent: (event) => tell(events, event),
      }),
  };
}

function tell(events: Events, event: StoreEvent): void {
  const { event: what, ...facts } = event;
  events.storeOpened(
    what,
    Object.entries(facts)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ') || undefined,
  );
}
