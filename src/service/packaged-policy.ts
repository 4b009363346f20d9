import type { KeptRevision, PolicyBody, PolicyHistory } from '../audit/policy-history.js';
import { MAX_SHADOWS, policyHash } from '../policy/index.js';

/** Author of revisions that come with the package. */
export const PACKAGED_AUTHOR = 'packaged policy';
/** Author of revisions made from a file, the packaged one of earlier versions among them. */
const FILE_AUTHOR = 'policy file';

export interface PackagedPolicyPorts {
  readonly history: PolicyHistory;
  /** Name of the policy in a text; undefined for one that cannot be read. */
  nameOf(text: string): string | undefined;
  /** Writes a change to the log, with effect in the same tick. */
  record(body: PolicyBody): void;
  /** The packaged policy waits as this revision for a person to activate it. */
  waits(revision: { readonly number: number; readonly hash: string }): void;
}

/** What the packaged text is to a data folder. */
export type PackagedStanding =
  /** It decides already, or there is no revision yet, or it waits beside an earlier one. */
  | 'settled'
  /** A policy of the operator's own decides, and the settings no longer name it: the packaged one takes over. */
  | 'takes-over';

/**
 * Sees to it that an upgrade changes no decision by itself: a packaged policy newer than the one that decides is kept as a
 * revision and runs in shadow beside it, until a person activates it. One whose shadow a person ended is not started again.
 *
 * @param text of the packaged policy of this version
 */
export function offerPackaged(text: string, ports: PackagedPolicyPorts): PackagedStanding {
  const { history } = ports;
  const { active } = history.standing;
  const deciding = active === 0 ? undefined : history.revision(active);
  const hash = policyHash(text);
  if (deciding === undefined || deciding.body.hash === hash) return 'settled';
  if (!isEarlierPackaged(deciding, text, ports)) return 'takes-over';
  const known = history.byHash(hash);
  const number = known?.number ?? keepBeside(text, hash, active, ports);
  ports.waits({ number, hash });
  return 'settled';
}

/** Earlier versions left no other mark than author and name. A copy under the same name counts too: that is the safe side. */
function isEarlierPackaged({ body }: KeptRevision, text: string, { nameOf }: PackagedPolicyPorts): boolean {
  if (body.author === PACKAGED_AUTHOR) return true;
  return body.author === FILE_AUTHOR && nameOf(body.text) === nameOf(text);
}

function keepBeside(
  text: string,
  hash: string,
  parent: number,
  { history, record }: PackagedPolicyPorts,
): number {
  const { latest, shadows } = history.standing;
  const number = latest + 1;
  record({
    kind: 'policy-revision',
    number,
    hash,
    text,
    author: PACKAGED_AUTHOR,
    message: 'newer than the one that decides',
    parent,
  });
  if (shadows.length < MAX_SHADOWS) {
    record({ kind: 'policy-shadow', number, starts: true, actor: PACKAGED_AUTHOR, reason: 'new here' });
  }
  return number;
}
