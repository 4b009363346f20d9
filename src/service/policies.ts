import type { Config } from '../config.js';
import { listPseudonyms, type Pseudonyms } from '../identity/index.js';
import type { Clock } from '../journal/index.js';
import {
  compilePolicy,
  GATHER_MS,
  LivePolicy,
  type LiveRevision,
  type ParsedPolicy,
  PolicyFile,
  type PolicyResult,
  parsePolicy,
  policyHash,
  Shadows,
} from '../policy/index.js';
import type { LivePolicyHolder, PolicyParts } from '../server/policy/parts.js';
import { recordChange } from '../server/policy/record-change.js';
import type { PolicyRevisionBody } from '../store/codec/entries.js';
import type { Events } from '../telemetry/events.js';
import { ApiPolicy } from './api-policy.js';
import { policyCheck } from './check-policy.js';
import type { Stores } from './stores.js';

/** The policy of a running service. */
export interface Policies {
  /** What the PolicyService works with. */
  readonly parts: PolicyParts;
  /** Follows the policy file, where it decides. */
  watch(): void;
  stop(): void;
}

export interface PoliciesOptions {
  readonly config: Pick<Config, 'policyFile' | 'policyMode' | 'shadowCpuPercent'>;
  /** The policy file, as the start checked it; undefined where it did not. */
  readonly checked: ParsedPolicy | undefined;
  readonly tenant: string;
  readonly pseudonyms: Pseudonyms;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly events: Events;
}

/**
 * Opens the policy that decides and resumes the shadows that ran.
 *
 * @throws PolicyRefusedError when it has mistakes; Error when its file cannot be read
 */
export function openPolicies(options: PoliciesOptions): Policies {
  const { config, tenant, pseudonyms, stores, clock, events } = options;
  const { journal, view, policies: history } = stores;
  let { checked } = options;
  const read = (text: string): PolicyResult => {
    // The file may have changed since the start checked it.
    const parsed = checked?.text === text ? checked : parsePolicy(text);
    const isRecorded = history.byHash(policyHash(text)) !== undefined;
    return compilePolicy(parsed, { pseudonyms: listPseudonyms(pseudonyms, tenant), isRecorded });
  };
  const record = (body: PolicyRevisionBody): void => {
    recordChange({ journal, view, history }, body);
  };
  const { live, watch, stop } =
    config.policyMode === 'file' ? openFile(options, read, record) : openApi(options, read, record);
  // The tree of the text is far larger than the text, and is not needed again.
  checked = undefined;
  const shadows = new Shadows({
    nowMs: () => performance.now(),
    later: (run) => void setTimeout(run, GATHER_MS),
    nextTurn: (run) => void setImmediate(run),
    cpuShare: config.shadowCpuPercent / 100,
    observer: events.shadows,
  });
  const parts: PolicyParts = {
    mode: config.policyMode,
    clock,
    journal,
    recorded: {
      get head() {
        return stores.log.lastPosition;
      },
      get: (position) => stores.log.get(position),
    },
    history,
    view,
    live,
    read,
    check: policyCheck(),
    shadows,
    telemetry: events,
  };
  if (config.policyMode === 'api') resumeShadows(parts, events);
  return { parts, watch, stop };
}

interface OpenedPolicy {
  readonly live: LivePolicyHolder;
  watch(): void;
  stop(): void;
}

function openFile(
  { config, stores, events }: PoliciesOptions,
  read: (text: string) => PolicyResult,
  record: (body: PolicyRevisionBody) => void,
): OpenedPolicy {
  const history = stores.policies;
  const policy = new LivePolicy(new PolicyFile(config.policyFile), {
    read,
    activeRevision: () => history.active,
    latestNumber: () => history.standing.latest,
    record: (revision) =>
      record({ kind: 'policy-revision', author: 'policy file', activates: true, ...revision }),
    activated: ({ number, hash }) => events.policyActivated(number, hash),
    refused: (problems) => events.policyRefused(problems.map(({ line, column }) => `${line}:${column}`)),
  });
  const live: LivePolicyHolder = {
    get current(): LiveRevision {
      return policy.current;
    },
    switchTo: () => {
      throw new Error('the policy file decides');
    },
  };
  return { live, watch: () => policy.watch(), stop: () => policy.stop() };
}

function openApi(
  { config, stores, events }: PoliciesOptions,
  read: (text: string) => PolicyResult,
  record: (body: PolicyRevisionBody) => void,
): OpenedPolicy {
  const live = new ApiPolicy({
    history: stores.policies,
    read,
    firstText: () => ({ path: config.policyFile, text: new PolicyFile(config.policyFile).read() }),
    record,
    activated: ({ number, hash }) => events.policyActivated(number, hash),
  });
  return { live, watch: () => {}, stop: () => {} };
}

/** Counts begin anew; the summary says since when. */
function resumeShadows({ history, read, shadows, clock }: PolicyParts, events: Events): void {
  for (const number of history.standing.shadows) {
    const kept = history.revision(number);
    const result = kept === undefined ? undefined : read(kept.body.text);
    if (result?.kind === 'valid') shadows.start({ number, policy: result.policy }, clock.nowMs());
    else events.shadowNotResumed(number);
  }
}
