import type { Explanation, Verdict } from '../../decision/verdict.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import { formatDuration, readDuration } from '../text/quantities.js';
import type { ExpectationDocument } from './case-document.js';
import { caseTime } from './case-time.js';

/** A verdict with its explanation. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly explanation: Explanation;
}

/** One thing that came otherwise. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

/** All differences between what a case expects and what came. None: the case passed. */
export function compareOutcome(expected: ExpectationDocument, actual: Outcome, now: UnixMs): Difference[] {
  const { verdict, explanation } = actual;
  const differences: Difference[] = [];
  const differ = (what: string, wanted: string, came: string): void => {
    if (wanted !== came) differences.push({ what, expected: wanted, actual: came });
  };
  const contain = (what: string, wanted: readonly string[] | undefined, came: readonly string[]): void => {
    const missing = (wanted ?? []).filter((word) => !came.includes(word));
    if (missing.length > 0) differences.push({ what, expected: missing.join(', '), actual: listed(came) });
  };
  const equalSets = (what: string, wanted: readonly string[] | undefined, came: readonly string[]): void => {
    if (wanted !== undefined) differ(what, listed([...wanted].sort()), listed([...came].sort()));
  };

  differ('decision', expected.decision, verdict.decision);
  if (expected.level !== undefined) differ('level', expected.level, verdict.level);
  if (expected.tier !== undefined) differ('tier', expected.tier, verdict.tier);
  if (expected.score !== undefined) {
    const [least, most] = expected.score;
    const score = verdict.score / 10;
    if (score < least || score > most) differ('score', `${least} to ${most}`, String(score));
  }
  const codes = verdict.reasons.map((reason) => reason.code);
  contain('reasons', expected.reasons, codes);
  const unwanted = (expected.not_reasons ?? []).filter((code) => codes.includes(code));
  if (unwanted.length > 0) differ('not_reasons', 'none', unwanted.join(', '));
  compareHold(expected, explanation, now, differ);
  equalSets('untrusted_channels', expected.untrusted_channels, verdict.untrustedChannels);
  equalSets('acceptable_channels', expected.acceptable_channels, verdict.acceptableChannels);
  contain(
    'degradations',
    expected.degradations,
    verdict.degradations.map((one) => one.code),
  );
  if (expected.degraded_allow !== undefined) {
    differ('degraded_allow', String(expected.degraded_allow), String(verdict.degradedAllow));
  }
  contain(
    'release_conditions',
    expected.release_conditions,
    explanation.releaseConditions.map((condition) => condition.kind),
  );
  return differences;
}

function compareHold(
  expected: ExpectationDocument,
  { holdUntil, release }: Explanation,
  now: UnixMs,
  differ: (what: string, wanted: string, came: string) => void,
): void {
  const came = holdUntil === undefined ? 'none' : `+${formatDuration(holdUntil - now)}`;
  if (expected.hold_until === 'none') {
    differ('hold_until', 'none', came);
  } else if (expected.hold_until !== undefined) {
    // Holds end on whole seconds.
    differ('hold_until', `+${formatDuration(caseTime(expected.hold_until, now) - now)}`, came);
  }
  if (expected.hold_within !== undefined) {
    const [least, most] = expected.hold_within;
    const length = (holdUntil ?? Number.NaN) - now;
    const inside = length >= (readDuration(least) ?? 0) && length <= (readDuration(most) ?? 0);
    if (!inside) differ('hold_within', `${least} to ${most}`, came);
  }
  if (expected.release !== undefined) differ('release', expected.release, release ?? 'none');
}

function listed(words: readonly string[]): string {
  return words.length === 0 ? 'none' : words.join(', ');
}
