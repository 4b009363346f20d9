import type { ProviderEventType, UnixMs } from '../decision/vocabulary.js';
import { type Account, type Emit, makeAccount } from './account.js';
import { ATTACK_STYLES, type AttackStyle, type PopulationEvent } from './events.js';
import { liveHonestly } from './honest-life.js';
import { anyHome, brokenIntoHome, INCIDENT_HOME, type MailHome, silentHome } from './mail-landscape.js';
import { type Random, seededRandom } from './random.js';
import { takeOver } from './takeover.js';
import { DAY_MS, HOUR_MS } from './time.js';
import { USUAL_WORLD, type World } from './world.js';

export interface PopulationOptions {
  /** Any integer. The same options give the same population. */
  readonly seed: number;
  readonly accounts: number;
  readonly days: number;
  /** When the first day begins. */
  readonly start: UnixMs;
  /** How many accounts are taken over, in all styles. */
  readonly takeovers: number;
  /** Absent: the usual one. */
  readonly world?: World;
}

/** Mailboxes that are hijacked of a million a day (Google 2014): what `takeovers` multiplies. */
const HIJACKED_PER_MILLION_DAYS = 9;

/**
 * Real takeovers are so rare that a history of any handy size would hold a dozen. What is counted of honest withdrawals
 * does not depend on how many thieves there are; precision does.
 */
const OVERSAMPLING = 30;

/** How many takeovers a population of this size gets unless told otherwise. */
export function usualTakeovers(accounts: number, days: number): number {
  return Math.max(
    ATTACK_STYLES.length,
    Math.round((accounts * days * HIJACKED_PER_MILLION_DAYS * OVERSAMPLING) / 1_000_000),
  );
}

/** Thieves need time before the end to finish, and history before the start to hide in. */
const TAKEOVER_MARGIN_MS = 15 * DAY_MS;
const SLEEPING_MARGIN_MS = 46 * DAY_MS;

// The incident: mailboxes of one operator are open from one third of the days to two thirds; it is announced halfway,
// and the owners of some are made to change their passwords near its end.
const INCIDENT_SHARE = 0.02;
const INCIDENT_CONFIDENCE = 0.8;
const FORCED_TO_CHANGE = 0.08;
const SECURED_AGAIN = 0.6;
const MEAN_SECURING_MS = 3 * DAY_MS;

/** Everything that happens in a synthetic population, in the order of time. Pure: the seed decides. */
export function generatePopulation(options: PopulationOptions): PopulationEvent[] {
  const { seed, accounts, days, start, takeovers, world = USUAL_WORLD } = options;
  if (takeovers > accounts) throw new RangeError('there cannot be more takeovers than accounts');
  const end = start + days * DAY_MS;
  const events: PopulationEvent[] = [];
  const emit: Emit = (event) => {
    if (event.at >= start - DAY_MS * 60 && event.at < end) events.push(event);
  };
  const ties = seededRandom(seed);
  announceIncident(start, days, emit);
  // Each account has chance of its own: more accounts change nothing about the first ones.
  for (let index = 0; index < accounts; index++) {
    const random = seededRandom(seed * 1_000_003 + index + 1);
    if (index < takeovers) liveAndLose(index, options, random, emit);
    else {
      const home = perhapsSilent(anyHome(random), world, random);
      const account = makeAccount(index, home, false, start, random);
      forceChange(account, start, days, random, emit);
      tellLate(account, start, days, random, emit);
      liveHonestly(account, start, end, world.changes, random, emit);
    }
  }
  shuffleTies(events, ties);
  return events;
}

/** An account that is taken over: its owner does nothing any more from then on. */
function liveAndLose(index: number, options: PopulationOptions, random: Random, emit: Emit): void {
  const { start, days, world = USUAL_WORLD } = options;
  const end = start + days * DAY_MS;
  const style = random.weighted(world.styles);
  const home = perhapsSilent(homeOf(style, random), world, random);
  const account = makeAccount(index, home, true, start, random);
  const margin = style === 'sleeping' ? SLEEPING_MARGIN_MS : TAKEOVER_MARGIN_MS;
  const latest = Math.max(start + DAY_MS, end - margin);
  const at = Math.round(random.between(start + DAY_MS, latest));
  liveHonestly(account, start, at - HOUR_MS, world.changes, random, emit);
  takeOver(account, at, { takeover: index, style }, random, emit, end);
}

/** In the usual world no chance is drawn, so that its populations stay what they are. */
function perhapsSilent(home: MailHome, { silent }: World, random: Random): MailHome {
  return silent > 0 && random.chance(silent) ? silentHome(random) : home;
}

function homeOf(style: AttackStyle, random: Random): MailHome {
  switch (style) {
    case 'silent-provider':
      return silentHome(random);
    case 'sim-swap':
    case 'support':
    case 'stuffing':
    case 'draining':
      return anyHome(random);
    case 'fast':
    case 'patient':
    case 'slicing':
    case 'email-first':
    case 'aged':
    case 'ripened':
    case 'sleeping':
    case 'late-notice':
      return brokenIntoHome(random);
    default:
      return style satisfies never;
  }
}

function announceIncident(start: UnixMs, days: number, emit: Emit): void {
  const { provider = '', domains } = INCIDENT_HOME;
  const from = start + Math.round((days * DAY_MS) / 3);
  const to = start + Math.round((days * DAY_MS * 2) / 3);
  const common = {
    kind: 'cohort' as const,
    provider,
    domains,
    mechanism: 'app-password',
    from,
    share: INCIDENT_SHARE,
    confidence: INCIDENT_CONFIDENCE,
  };
  emit({ ...common, at: start + Math.round((days * DAY_MS) / 2) });
  emit({ ...common, at: to + HOUR_MS, to });
}

/** Honest owners are made to change their passwords, too: by the thousand. */
function forceChange(account: Account, start: UnixMs, days: number, random: Random, emit: Emit): void {
  const { home, email } = account;
  if (home !== INCIDENT_HOME || home.provider === undefined || !random.chance(FORCED_TO_CHANGE)) return;
  const at = Math.round(start + (days * DAY_MS * 2) / 3 - random.between(0, 2 * DAY_MS));
  emit({
    kind: 'provider-event',
    at,
    provider: home.provider,
    email,
    type: 'CREDENTIAL_CHANGE_REQUIRED',
    occurredAt: at,
    timeIs: 'OCCURRED',
    unauthorised: false,
    confidence: 1,
  });
}

/** Nearly all whose mailbox was open in the incident are no customers whom a thief robs. */
function tellLate(account: Account, start: UnixMs, days: number, random: Random, emit: Emit): void {
  const { home, email } = account;
  if (home !== INCIDENT_HOME || home.provider === undefined || !random.chance(INCIDENT_SHARE)) return;
  const { provider } = home;
  const third = (days * DAY_MS) / 3;
  const toldAt = Math.round(start + random.between(2 * third, 2.6 * third));
  const tell = (type: ProviderEventType, at: UnixMs, occurredAt: UnixMs): void =>
    emit({
      kind: 'provider-event',
      at,
      provider,
      email,
      type,
      occurredAt,
      timeIs: 'OCCURRED',
      unauthorised: type === 'APP_PASSWORD_CREATED',
      confidence: 1,
    });
  tell('APP_PASSWORD_CREATED', toldAt, Math.round(start + random.between(third, 2 * third)));
  if (!random.chance(SECURED_AGAIN)) return;
  const securedAt = Math.round(toldAt + random.exponential(MEAN_SECURING_MS));
  tell('RESECURED', securedAt, securedAt);
}

/** By time; what falls on one millisecond in an order of chance, not by account. */
function shuffleTies(events: PopulationEvent[], random: Random): void {
  const places = new Map(events.map((event) => [event, random.next()]));
  events.sort((a, b) => a.at - b.at || (places.get(a) ?? 0) - (places.get(b) ?? 0));
}
