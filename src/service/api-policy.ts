import type { PolicyHistory } from '../audit/index.js';
import { type LiveRevision, PolicyRefusedError, type PolicyResult } from '../policy/index.js';
import type { LivePolicyHolder } from '../server/policy/parts.js';
import type { PolicyRevisionBody } from '../store/codec/entries.js';

/** What the policy of API mode needs of the service around it. */
export interface ApiPolicyPorts {
  readonly history: PolicyHistory;
  /** Checks and compiles a text. */
  read(text: string): PolicyResult;
  /** Text of the policy file, for the first revision; asked for in a new deployment only. */
  readonly firstText: () => { readonly path: string; readonly text: string };
  /** Writes a revision to the log, with effect in the same tick. */
  record(revision: PolicyRevisionBody): void;
  activated(revision: { readonly number: number; readonly hash: string }): void;
}

/** Keeps the policy that decides where revisions are activated by calls: the log is the truth. */
export class ApiPolicy implements LivePolicyHolder {
  #live: LiveRevision;

  /**
   * Takes the revision that decides by the log; in a new deployment the policy file becomes the first one.
   *
   * @throws PolicyRefusedError when its text has mistakes; Error when the file cannot be read
   */
  constructor(ports: ApiPolicyPorts) {
    const { active } = ports.history.standing;
    this.#live = active === 0 ? first(ports) : resumed(ports, active);
    ports.activated({ number: this.#live.number, hash: this.#live.policy.hash });
  }

  get current(): LiveRevision {
    return this.#live;
  }

  switchTo(revision: LiveRevision): void {
    this.#live = revision;
  }
}

function first(ports: ApiPolicyPorts): LiveRevision {
  const { path, text } = ports.firstText();
  const read = ports.read(text);
  if (read.kind === 'invalid') throw new PolicyRefusedError(path, read.problems);
  const number = ports.history.standing.latest + 1;
  ports.record({
    kind: 'policy-revision',
    number,
    hash: read.policy.hash,
    text,
    author: 'policy file',
    message: 'the first start',
    parent: 0,
    activates: true,
  });
  return { policy: read.policy, number };
}

function resumed(ports: ApiPolicyPorts, number: number): LiveRevision {
  const text = ports.history.revision(number)?.body.text ?? '';
  const read = ports.read(text);
  if (read.kind === 'invalid') throw new PolicyRefusedError(`policy revision ${number}`, read.problems);
  return { policy: read.policy, number };
}
