import { afterExposures } from './after-exposures.js';
import { happenedInCohort } from './cohorts.js';
import { mayBeTrusted } from './destinations.js';
import { drainMatches } from './drain-matches.js';
import type { Drains } from './drains.js';
import { eventBits } from './event-effects.js';
import { type EvidenceIndex, type SignalMatch, signalsOf } from './evidence-index.js';
import { insideUntil } from './exposure-spans.js';
import type { EventMatch, Exposure } from './exposures.js';
import { followedMatches } from './followed-events.js';
import type { AssessmentInput, RequestFacts } from './input.js';
import { loginFailureMatches } from './login-failures.js';
import {
  ALWAYS_NOW,
  CrowdMatch,
  EVER,
  FOREVER,
  type Match,
  NO_MATCHES,
  PlainMatch,
  requestMatch,
} from './match.js';
import type { Condition } from './policy-model.js';
import { unprovenMatches } from './unproven.js';
import { countedUntil, type Spend } from './velocity.js';
import type { DurationMs, UnixMs } from './vocabulary.js';

type SignalCondition = Extract<Condition, { kind: 'signal' }>;
type EventCondition = Extract<Condition, { kind: 'event' }>;
type ExposureCondition = Extract<Condition, { kind: 'exposure' }>;

/** What conditions are matched against. */
export interface Scene {
  readonly input: AssessmentInput;
  readonly evidence: EvidenceIndex;
  readonly spends: readonly Spend[];
  readonly drains: Drains;
}

/**
 * Everything that meets the condition, whenever. Absent facts meet none: they earn no points (and no exemption, which
 * is for locks and tiers to see to).
 *
 * @param byConfidence the confidence of matches counts: of those alike in all else, surer ones are named too
 */
export function matchesOf(condition: Condition, scene: Scene, byConfidence = false): readonly Match[] {
  const { input, evidence } = scene;
  const { request } = input;
  switch (condition.kind) {
    case 'signal':
      return evidence.signals.size === 0 ? NO_MATCHES : signalMatches(condition, evidence);
    case 'event':
      return evidence.events.length === 0 ? NO_MATCHES : eventMatches(condition, scene, byConfidence);
    case 'exposure':
      return exposureMatches(evidence, condition);
    case 'cohort':
      return cohortMatches(evidence, condition.open === true);
    case 'watch':
      return evidence.watches;
    case 'loginFailures':
      return loginFailureMatches(input.account.loginFailures, condition.atLeast, condition.within);
    case 'destinationAge':
      return between('destination-added', request.destination.addedAt, undefined, condition.below);
    case 'destinationUsed':
      return between('destination-used', trustedFirstUse(request), condition.atLeast, undefined);
    case 'destinationNotUsed':
      return notUsedMatches(request, condition.atLeast);
    case 'destinationAllowlisted':
      return request.destination.allowlisted === true && mayBeTrusted(request.destination)
        ? allowlistedMatches(request, condition.atLeast)
        : NO_MATCHES;
    case 'destinationOwned':
      return request.destination.ownershipVerified === true && mayBeTrusted(request.destination)
        ? nowMatch('destination-owned')
        : NO_MATCHES;
    case 'deviceAge':
      return between('device', request.deviceFirstSeenAt, condition.atLeast, condition.below);
    case 'balanceShare':
      return (request.balanceShare ?? -1) >= condition.atLeast ? nowMatch('balance-share') : NO_MATCHES;
    case 'accountAge':
      return between('account', request.accountOpenedAt, condition.atLeast, condition.below);
    case 'lastGoodWithdrawal':
      return between('last-good-withdrawal', request.lastGoodWithdrawalAt, condition.atLeast, undefined);
    case 'withdrawalCount': {
      const until = countedUntil(scene.spends, condition.atLeast);
      return until === undefined ? NO_MATCHES : [requestMatch('withdrawal-count', ALWAYS_NOW, EVER, until)];
    }
    case 'unproven':
      return unprovenMatches(condition, input);
    case 'drain':
      return drainMatches(condition, scene.drains, input.now);
    default:
      return unreachable(condition);
  }
}

function unreachable(condition: never): never {
  throw new TypeError(`no such condition: ${JSON.stringify(condition)}`);
}

function nowMatch(id: string): readonly Match[] {
  return [requestMatch(id, ALWAYS_NOW, EVER, FOREVER)];
}

/** A fact of the request whose age is at least `atLeast` and less than `below`. */
function between(
  id: string,
  at: UnixMs | undefined,
  atLeast: DurationMs | undefined,
  below: DurationMs | undefined,
): readonly Match[] {
  if (at === undefined) return NO_MATCHES;
  const activeFrom = atLeast === undefined ? EVER : at + atLeast;
  return [requestMatch(id, at, activeFrom, below === undefined ? FOREVER : at + below)];
}

/** What the exchange says of a destination that may not be trusted is as good as not said. */
function trustedFirstUse({ destination }: RequestFacts): UnixMs | undefined {
  return mayBeTrusted(destination) ? destination.firstUsedAt : undefined;
}

/** A fact of the present: that nothing was paid yet has no time at which it began. */
function notUsedMatches(request: RequestFacts, atLeast: DurationMs): readonly Match[] {
  const firstUsedAt = trustedFirstUse(request);
  const until = firstUsedAt === undefined ? FOREVER : firstUsedAt + atLeast;
  return [requestMatch('destination-not-used', ALWAYS_NOW, EVER, until)];
}

function allowlistedMatches(request: RequestFacts, atLeast: DurationMs): readonly Match[] {
  if (atLeast === 0) return nowMatch('destination-allowlisted');
  return between('destination-allowlisted', request.destination.addedAt, atLeast, undefined);
}

function signalMatches(condition: SignalCondition, evidence: EvidenceIndex): readonly Match[] {
  const [only] = condition.types;
  const unfiltered = condition.channels === undefined && condition.inExposure === undefined;
  if (unfiltered && condition.types.length === 1 && only !== undefined) return signalsOf(evidence, only);
  let matches: Match[] | undefined;
  for (const type of condition.types) {
    for (const signal of signalsOf(evidence, type)) {
      if (!goesOver(signal, condition)) continue;
      matches ??= [];
      if (condition.inExposure === undefined) matches.push(signal);
      else pushInside(matches, signal, evidence, condition.inExposure);
    }
  }
  return matches ?? NO_MATCHES;
}

function goesOver(signal: SignalMatch, condition: SignalCondition): boolean {
  const { channels } = condition;
  const { channel, anyChannel } = signal.record;
  if (channels === undefined || anyChannel === true) return true;
  return channel !== undefined && channels.includes(channel);
}

/**
 * The signal counts as long as the trouble it happened in does. Where only a guessed alias outlasts the rest, that is
 * a match of its own, so that guessing never takes weight from what is sure.
 */
function pushInside(
  matches: Match[],
  signal: SignalMatch,
  evidence: EvidenceIndex,
  inside: NonNullable<SignalCondition['inExposure']>,
): void {
  let solidUntil = EVER;
  let guessedUntil = EVER;
  if (inside === 'cohort') {
    for (const cohort of evidence.cohorts) {
      if (happenedInCohort(signal.record, cohort)) solidUntil = Math.max(solidUntil, cohort.activeUntil);
    }
  } else {
    const { type, mailbox } = signal.record;
    const through = evidence.anyEmailChange && type === 'EMAIL_CHANGED' ? undefined : mailbox;
    const until = insideUntil(evidence.spans, inside, through, signal.at, signal.latest);
    solidUntil = until.solid;
    guessedUntil = until.guessed;
  }
  if (solidUntil > EVER) matches.push(signalUntil(signal, solidUntil, true));
  if (guessedUntil > solidUntil) matches.push(signalUntil(signal, guessedUntil, false));
}

function signalUntil({ id, at, latest }: SignalMatch, activeUntil: UnixMs, solid: boolean): Match {
  const match = new PlainMatch(id, at, latest, EVER, activeUntil, 1, solid, undefined);
  return at === latest ? match : new CrowdMatch(match, latest);
}

function eventMatches(
  condition: EventCondition,
  { evidence, input }: Scene,
  byConfidence: boolean,
): readonly Match[] {
  const bits = eventBits(condition.types) & evidence.eventBits;
  if (bits === 0) return NO_MATCHES;
  const { unauthorised, afterExposure, followedBy } = condition;
  const meant: EventMatch[] = [];
  for (const event of evidence.events) if (isMeant(event, bits, unauthorised)) meant.push(event);
  const events = afterExposure === true ? afterExposures(meant, evidence, input) : meant;
  if (followedBy === undefined) return events;
  const signals = followedBy.types.flatMap((type) => signalsOf(evidence, type));
  return followedMatches(events, signals, followedBy.within, byConfidence);
}

function isMeant(event: EventMatch, bits: number, unauthorised: boolean | undefined): boolean {
  if ((event.bit & bits) === 0) return false;
  return unauthorised === undefined || event.record.unauthorised === unauthorised;
}

/** An exposure is a match as it is. While it is open is another, made once for all conditions that ask for it. */
function exposureMatches(
  { exposures, partsOfExposures }: EvidenceIndex,
  { open, halfOpen }: ExposureCondition,
): readonly Match[] {
  if (exposures.length === 0) return NO_MATCHES;
  if (open === true) {
    partsOfExposures.open ??= exposures.map((exposure) => partMatch(exposure, EVER, exposure.openUntil));
    return partsOfExposures.open;
  }
  if (halfOpen !== true) return exposures;
  partsOfExposures.halfOpen ??= exposures
    .filter(({ halfOpenFrom, readableUntil }) => halfOpenFrom < readableUntil)
    .map((exposure) => partMatch(exposure, exposure.halfOpenFrom, exposure.readableUntil));
  return partsOfExposures.halfOpen;
}

function partMatch(exposure: Exposure, activeFrom: UnixMs, end: UnixMs): Match {
  const { id, at, latest, agesFrom, confidence, solid, provider } = exposure;
  const until = Math.min(end, agesFrom);
  const match = new PlainMatch(id, at, until, activeFrom, end, confidence, solid, provider);
  return at === latest ? match : new CrowdMatch(match, latest);
}

function cohortMatches(evidence: EvidenceIndex, openOnly: boolean): readonly Match[] {
  if (evidence.cohorts.length === 0) return NO_MATCHES;
  return evidence.cohorts.map(({ record, until, openUntil, activeUntil }) => {
    const { id, from, latestFrom, confidence, provider } = record;
    const end = openOnly ? openUntil : activeUntil;
    const match = new PlainMatch(id, from, until, EVER, end, confidence, true, provider);
    return latestFrom === undefined ? match : new CrowdMatch(match, latestFrom);
  });
}
