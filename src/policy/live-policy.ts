import type { CompiledPolicy } from '../decision/policy-model.js';
import type { PolicyFile } from './policy-file.js';
import type { PolicyProblem } from './policy-problem.js';
import type { PolicyResult } from './read-policy.js';

/** A revision as the log names it. */
export interface RevisionName {
  readonly number: number;
  readonly hash: string;
}

/** The policy that decides now, with the number of its revision. One call takes it once and uses only that. */
export interface LiveRevision {
  readonly policy: CompiledPolicy;
  readonly number: number;
}

/** A revision to be written to the log. */
export interface NewRevision extends RevisionName {
  readonly text: string;
  /** Number of the revision that decided before; 0 for none. */
  readonly parent: number;
  readonly message: string;
}

/** What a keeper needs of the service around it. */
export interface LivePolicyPorts {
  /** Checks and compiles a text. */
  read(text: string): PolicyResult;
  /** The revision that decides by the log; undefined in a new deployment. */
  activeRevision(): RevisionName | undefined;
  /** Number of the revision that the log named last; 0 in a new deployment. */
  latestNumber(): number;
  /**
   * Writes a revision to the log; it decides from that entry on.
   *
   * @throws JournalError code `AUDIT_UNAVAILABLE`; the last good policy then stays
   */
  record(revision: NewRevision): void;
  activated(revision: RevisionName): void;
  refused(problems: readonly PolicyProblem[]): void;
}

/** A policy with mistakes at start: there is no last good one to stay with. */
export class PolicyRefusedError extends Error {
  override readonly name = 'PolicyRefusedError';
  readonly code = 'POLICY_INVALID';
  constructor(
    readonly path: string,
    readonly problems: readonly PolicyProblem[],
  ) {
    super(`the policy has ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
  }
}

/**
 * Keeps the policy that decides: the file is the truth, a valid change of it becomes a revision of the log, a bad one
 * is refused with all its problems and the last good one stays.
 */
export class LivePolicy {
  #live: LiveRevision;

  /**
   * Reads the file and records it as a revision if it is not the one that decides already.
   *
   * @throws PolicyRefusedError when the file has mistakes; Error when it cannot be read
   */
  constructor(
    private readonly file: PolicyFile,
    private readonly ports: LivePolicyPorts,
  ) {
    const text = file.read();
    const result = ports.read(text);
    if (result.kind === 'invalid') throw new PolicyRefusedError(file.path, result.problems);
    this.#live = this.#take(result.policy, text, 'read at start');
  }

  /** The policy that decides now. */
  get current(): LiveRevision {
    return this.#live;
  }

  /** Follows the file from now on. */
  watch(): void {
    this.file.watch({
      changed: (text) => this.#changed(text),
      unreadable: (cause) => this.#refuse(cause),
    });
  }

  stop(): void {
    this.file.stop();
  }

  /** Compiles the live text again, e.g. when keys changed and lists have to be renamed. Not a new revision. */
  recompile(text: string): void {
    const result = this.ports.read(text);
    if (result.kind === 'valid') this.#live = { policy: result.policy, number: this.#live.number };
  }

  #changed(text: string): void {
    const result = this.ports.read(text);
    if (result.kind === 'invalid') {
      this.ports.refused(result.problems);
      return;
    }
    if (result.policy.hash === this.#live.policy.hash) return;
    try {
      this.#live = this.#take(result.policy, text, 'the policy file changed');
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
    }
  }

  #refuse(cause: string): void {
    this.ports.refused([{ path: '', line: 0, column: 0, message: cause }]);
  }

  #take(policy: CompiledPolicy, text: string, message: string): LiveRevision {
    const active = this.ports.activeRevision();
    if (active !== undefined && active.hash === policy.hash) {
      this.ports.activated(active);
      return { policy, number: active.number };
    }
    const revision = { number: this.ports.latestNumber() + 1, hash: policy.hash };
    this.ports.record({ ...revision, text, parent: active?.number ?? 0, message });
    this.ports.activated(revision);
    return { policy, number: revision.number };
  }
}
