import type { PolicyBody, PolicyHistory } from '../audit/policy-history.js';
import { type Config, PACKAGED_POLICY_FILE } from '../config.js';
import { listPseudonyms, type Pseudonyms } from '../identity/index.js';
import type { Clock } from '../journal/index.js';
import {
  compilePolicy,
  GATHER_MS,
  LivePolicy,
  type LiveRevision,
  type ParsedPolicy,
  PolicyFile,
  PolicyRefusedError,
  type PolicyResult,
  parsePolicy,
  policyHash,
  Shadows,
} from '../policy/index.js';
import type { LivePolicyHolder, PolicyMode, PolicyParts } from '../server/policy/parts.js';
import { recordChange } from '../server/policy/record-change.js';
import type { Events } from '../telemetry/events.js';
import { ApiPolicy } from './api-policy.js';
import { policyCheck } from './check-policy.js';
import { offerPackaged, PACKAGED_AUTHOR } from './packaged-policy.js';
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
  const record = (body: PolicyBody): void => {
    recordChange({ journal, view, history }, body);
  };
  const mode = modeOf(config);
  const { live, watch, stop } =
    mode === 'file' ? openFile(options, read, record) : openRevisions(options, read, record);
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
    mode,
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
  if (mode !== 'file') resumeShadows(parts, events);
  return { parts, watch, stop };
}

/** Without a policy of the operator's own there is no file for him to change. */
function modeOf({ policyMode, policyFile }: PoliciesOptions['config']): PolicyMode {
  return policyMode === 'file' && policyFile === PACKAGED_POLICY_FILE ? 'packaged' : policyMode;
}

interface OpenedPolicy {
  readonly live: LivePolicyHolder;
  watch(): void;
  stop(): void;
}

function openFile(
  { config, stores, events }: PoliciesOptions,
  read: (text: string) => PolicyResult,
  record: (body: PolicyBody) => void,
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

/** The log says which revision decides. */
function openRevisions(
  { config, stores, events }: PoliciesOptions,
  read: (text: string) => PolicyResult,
  record: (body: PolicyBody) => void,
): OpenedPolicy {
  const history = stores.policies;
  const file = new PolicyFile(config.policyFile);
  if (config.policyFile === PACKAGED_POLICY_FILE) {
    const text = file.read();
    const standing = offerPackaged(text, {
      history,
      nameOf: (of) => {
        const result = read(of);
        return result.kind === 'valid' ? result.policy.name : undefined;
      },
      record,
      waits: ({ number, hash }) => events.packagedPolicyWaits(number, hash),
    });
    if (standing === 'takes-over' && config.policyMode === 'file') takeOver(text, history, read, record);
  }
  const live = new ApiPolicy({
    history,
    read,
    firstText: () => ({ path: config.policyFile, text: file.read() }),
    record,
    activated: ({ number, hash }) => events.policyActivated(number, hash),
  });
  return { live, watch: () => {}, stop: () => {} };
}

/** @throws PolicyRefusedError when the text has mistakes */
function takeOver(
  text: string,
  history: PolicyHistory,
  read: (text: string) => PolicyResult,
  record: (body: PolicyBody) => void,
): void {
  const result = read(text);
  if (result.kind === 'invalid') throw new PolicyRefusedError(PACKAGED_POLICY_FILE, result.problems);
  const { latest, active } = history.standing;
  record({
    kind: 'policy-revision',
    number: latest + 1,
    hash: result.policy.hash,
    text,
    author: PACKAGED_AUTHOR,
    message: 'the settings name no other policy any more',
    parent: active,
    activates: true,
  });
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
