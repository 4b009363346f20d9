import { happenedInCohort } from '../../../src/decision/cohorts.js';
import { drainMatches } from '../../../src/decision/drain-matches.js';
import type { Drains } from '../../../src/decision/drains.js';
import type { AssessmentInput, RequestFacts } from '../../../src/decision/input.js';
import { loginFailureMatches } from '../../../src/decision/login-failures.js';
import { ALWAYS_NOW, type Match, NO_MATCHES, requestMatch } from '../../../src/decision/match.js';
import type { CompiledPolicy, Condition } from '../../../src/decision/policy-model.js';
import { unprovenMatches } from '../../../src/decision/unproven.js';
import { countedUntil, type Spend } from '../../../src/decision/velocity.js';
import type { DurationMs, UnixMs } from '../../../src/decision/vocabulary.js';
import { type EvidenceIndex, type SignalMatch, signalsOf } from './evidence-index.js';
import type { EventMatch } from './exposures.js';
import { happenedInside } from './exposures.js';

type SignalCondition = Extract<Condition, { kind: 'signal' }>;
type EventCondition = Extract<Condition, { kind: 'event' }>;

const FOREVER = Number.POSITIVE_INFINITY;
const EVER = Number.NEGATIVE_INFINITY;

/** What conditions are matched against. */
export interface Scene {
  readonly input: AssessmentInput;
  readonly policy: CompiledPolicy;
  readonly evidence: EvidenceIndex;
  readonly spends: readonly Spend[];
  readonly drains: Drains;
}

/**
 * Everything that meets the condition, whenever. Absent facts meet none: they earn no points (and no exemption, which
 * is for locks and tiers to see to).
 */
export function matchesOf(condition: Condition, scene: Scene): readonly Match[] {
  const { input, evidence } = scene;
  const { request } = input;
  switch (condition.kind) {
    case 'signal':
      return evidence.signals.size === 0 ? NO_MATCHES : signalMatches(condition, scene);
    case 'event':
      return evidence.events.length === 0 ? NO_MATCHES : eventMatches(condition, scene);
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
      return between('destination-used', request.destination.firstUsedAt, condition.atLeast, undefined);
    case 'destinationNotUsed': {
      const { firstUsedAt = FOREVER } = request.destination;
      return [requestMatch('destination-not-used', ALWAYS_NOW, EVER, firstUsedAt + condition.atLeast)];
    }
    case 'destinationAllowlisted':
      return request.destination.allowlisted === true
        ? allowlistedMatches(request, condition.atLeast)
        : NO_MATCHES;
    case 'destinationOwned':
      return request.destination.ownershipVerified === true ? nowMatch('destination-owned') : NO_MATCHES;
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

function allowlistedMatches(request: RequestFacts, atLeast: DurationMs): readonly Match[] {
  if (atLeast === 0) return nowMatch('destination-allowlisted');
  return between('destination-allowlisted', request.destination.addedAt, atLeast, undefined);
}

function signalMatches(condition: SignalCondition, scene: Scene): readonly Match[] {
  const { evidence } = scene;
  const [only] = condition.types;
  const unfiltered = condition.channels === undefined && condition.inExposure === undefined;
  if (unfiltered && condition.types.length === 1 && only !== undefined) return signalsOf(evidence, only);
  let matches: Match[] | undefined;
  for (const type of condition.types) {
    for (const signal of signalsOf(evidence, type)) {
      if (!goesOver(signal, condition)) continue;
      matches ??= [];
      if (condition.inExposure === undefined) matches.push(signal);
      else pushInside(matches, signal, scene, condition.inExposure);
    }
  }
  return matches ?? NO_MATCHES;
}

function goesOver(signal: SignalMatch, condition: SignalCondition): boolean {
  const { channels } = condition;
  const { channel } = signal.record;
  return channels === undefined || (channel !== undefined && channels.includes(channel));
}

/**
 * The signal counts as long as the trouble it happened in does. Where only a guessed alias outlasts the rest, that is
 * a match of its own, so that guessing never takes weight from what is sure.
 */
function pushInside(
  matches: Match[],
  signal: SignalMatch,
  { evidence, policy }: Scene,
  inside: 'named' | 'halfOpen' | 'cohort',
): void {
  let solidUntil = EVER;
  let guessedUntil = EVER;
  if (inside === 'cohort') {
    for (const cohort of evidence.cohorts) {
      if (happenedInCohort(signal.record, cohort)) solidUntil = Math.max(solidUntil, cohort.activeUntil);
    }
  } else {
    for (const exposure of evidence.exposures) {
      if (!happenedInside(signal.record, exposure, inside, policy)) continue;
      if (exposure.solid) solidUntil = Math.max(solidUntil, exposure.insideUntil);
      else guessedUntil = Math.max(guessedUntil, exposure.insideUntil);
    }
  }
  if (solidUntil > EVER) matches.push({ ...signal, activeUntil: solidUntil });
  if (guessedUntil > solidUntil) matches.push({ ...signal, activeUntil: guessedUntil, solid: false });
}

function eventMatches(condition: EventCondition, scene: Scene): readonly Match[] {
  const { evidence } = scene;
  let matches: Match[] | undefined;
  for (const found of evidence.events) {
    if (!condition.types.includes(found.record.type)) continue;
    if (condition.unauthorised !== undefined && found.record.unauthorised !== condition.unauthorised)
      continue;
    const event = condition.afterExposure === true ? afterTrouble(found, scene) : found;
    if (event === undefined) continue;
    matches ??= [];
    if (condition.followedBy === undefined) matches.push(event);
    else pushFollowed(matches, event, evidence, condition.followedBy);
  }
  return matches ?? NO_MATCHES;
}

/** The event if trouble of its mailbox had begun before it; as a guess if only a guess says so. */
function afterTrouble(event: EventMatch, { evidence, input }: Scene): EventMatch | undefined {
  const link = input.mailboxes[event.mailbox]?.link;
  if (link === undefined) return undefined;
  const before = evidence.exposures.filter((one) => one.link === link && one.openedAt < event.at);
  const inCohort = evidence.cohorts.some(
    ({ record, links }) => links.includes(link) && record.from < event.at,
  );
  if (inCohort || before.some(({ solid }) => solid)) return event;
  return before.length > 0 ? { ...event, solid: false } : undefined;
}

/** The match is the signal, under the signal's name and time, said by the event's provider. */
function pushFollowed(
  matches: Match[],
  event: EventMatch,
  evidence: EvidenceIndex,
  followedBy: NonNullable<EventCondition['followedBy']>,
): void {
  for (const type of followedBy.types) {
    for (const signal of signalsOf(evidence, type)) {
      const after = signal.at - event.at;
      if (after < 0 || after > followedBy.within) continue;
      const { confidence, solid, provider } = event;
      matches.push({ ...signal, confidence, solid, provider });
    }
  }
}

function exposureMatches(
  { exposures }: EvidenceIndex,
  { open, halfOpen }: Extract<Condition, { kind: 'exposure' }>,
): readonly Match[] {
  const asked = halfOpen === true ? exposures.filter((one) => one.openUntil < one.readableUntil) : exposures;
  if (asked.length === 0) return NO_MATCHES;
  return asked.map((exposure) => {
    const { id, from, openUntil, readableUntil, activeUntil, agesFrom } = exposure;
    const { confidence, solid, provider } = exposure;
    const end = open === true ? openUntil : readableUntil;
    return {
      id,
      at: from,
      latest: from,
      until: Math.min(end, agesFrom),
      activeFrom: halfOpen === true ? openUntil : EVER,
      activeUntil: open === true || halfOpen === true ? end : activeUntil,
      confidence,
      solid,
      provider,
    };
  });
}

function cohortMatches(evidence: EvidenceIndex, openOnly: boolean): readonly Match[] {
  if (evidence.cohorts.length === 0) return NO_MATCHES;
  return evidence.cohorts.map((cohort) => ({
    id: cohort.record.id,
    at: cohort.record.from,
    latest: cohort.record.from,
    until: cohort.until,
    activeFrom: EVER,
    activeUntil: openOnly ? cohort.openUntil : cohort.activeUntil,
    confidence: cohort.record.confidence,
    solid: true,
    provider: cohort.record.provider,
  }));
}
