import type { KeptRevision, PolicyHistory } from '../../audit/policy-history.js';
import type { RawEntries } from '../../audit/simulation/index.js';
import type { EvidenceView } from '../../evidence/index.js';
import type { Clock, JournalPort } from '../../journal/index.js';
import type { CaseText, LiveRevision, PolicyResult, RevisionCheck, Shadows } from '../../policy/index.js';

/**
 * `file`: the policy file decides. `packaged`: the packaged policy decides, revisions come with the package and are activated
 * by calls. `api`: revisions are made and activated by calls.
 */
export type PolicyMode = 'file' | 'packaged' | 'api';

/** The policy that decides now. */
export interface LivePolicyHolder {
  readonly current: LiveRevision;
  /** Another one decides from now on. Never called in file mode. */
  switchTo(revision: LiveRevision): void;
}

/** What the service tells about changes of policies. Its functions never throw. */
export interface PolicyTelemetry {
  policyActivated(revision: number, hash: string): void;
}

/** Everything the PolicyService works with. */
export interface PolicyParts {
  readonly mode: PolicyMode;
  readonly clock: Clock;
  readonly journal: JournalPort;
  /** What is on disk of the log, as it was written: for simulations. */
  readonly recorded: RawEntries;
  readonly history: PolicyHistory;
  readonly view: EvidenceView;
  readonly live: LivePolicyHolder;
  /** Compiles a text under the names by which evidence is kept. */
  readonly read: (text: string) => PolicyResult;
  /** Checks a text and runs the cases that it must pass: those given, or the packaged ones of a policy of its name. */
  readonly check: (text: string, cases: readonly CaseText[], isRecorded?: boolean) => Promise<RevisionCheck>;
  readonly shadows: Shadows;
  readonly telemetry: PolicyTelemetry;
}

/** A revision with its compiled policy. */
export interface ReadyRevision {
  readonly kept: KeptRevision;
  readonly live: LiveRevision;
}
