import { checkRevision } from '../policy/cases/index.js';
import type { CaseText, RevisionCheck } from '../policy/index.js';
import { CASE_IDENTITY } from './case-identity.js';
import { packagedCases } from './packaged-cases.js';

/** Checks on this thread, in short turns. Names stay in clear, as for `holdfast policy test`. */
export function checkHere(
  text: string,
  cases: readonly CaseText[],
  isRecorded: boolean,
): Promise<RevisionCheck> {
  return checkRevision(text, cases, {
    identity: CASE_IDENTITY,
    packaged: packagedCases,
    nextTurn,
    isRecorded,
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
