import type { Channel, SignalType, UnixMs } from '../decision/vocabulary.js';
import type { Account, Destination, Device, Emit } from './account.js';
import { bitcoinAddress } from './bitcoin-address.js';
import type { AttackStyle } from './events.js';
import { leaveLateNotice, leaveMailboxTrail } from './mailbox-trail.js';
import type { Random } from './random.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.js';
import { withdraw } from './withdraw.js';

/** One account being taken. Its times count from `at`, when the thief first touches the exchange. */
class Takeover {
  device: Device;
  destination: Destination;

  constructor(
    readonly account: Account,
    readonly at: UnixMs,
    readonly random: Random,
    readonly emit: Emit,
    readonly theft: { readonly takeover: number; readonly style: AttackStyle },
    /** After that nothing is told any more. */
    readonly end: UnixMs,
  ) {
    this.device = { id: `thief-${theft.takeover}-device`, firstSeenAt: Math.round(at) };
    this.destination = {
      address: bitcoinAddress(`thief${theft.takeover}`),
      addedAt: Math.round(at),
      allowlisted: false,
    };
  }

  signal(afterMs: number, type: SignalType, channel?: Channel, email?: string): void {
    this.emit({
      kind: 'signal',
      at: Math.round(this.at + afterMs),
      accountId: this.account.id,
      type,
      ...(channel === undefined ? {} : { channel }),
      ...(email === undefined ? {} : { email }),
    });
  }

  resetByMail(afterMs = 0): void {
    this.signal(afterMs, 'PASSWORD_RESET', 'EMAIL', this.account.email);
    if (this.random.chance(0.4)) {
      this.signal(afterMs + MINUTE_MS, 'SESSION_FROM_RESET_LINK', 'EMAIL', this.account.email);
    }
  }

  newDevice(afterMs: number): void {
    this.device = { id: this.device.id, firstSeenAt: Math.round(this.at + afterMs) };
    this.signal(afterMs, 'NEW_DEVICE');
    if (this.random.chance(0.5)) this.signal(afterMs, 'NEW_LOCATION');
  }

  /** A reset often gets around the factors; else they have to go. */
  getAroundFactors(afterMs: number): void {
    const { random } = this;
    const way = random.weighted<'MFA_RESET' | 'MFA_DISABLED' | 'MFA_ENROLLED' | 'NONE'>([
      { weight: 30, item: 'MFA_RESET' },
      { weight: 14, item: 'MFA_DISABLED' },
      { weight: 11, item: 'MFA_ENROLLED' },
      { weight: 45, item: 'NONE' },
    ]);
    if (way === 'NONE') return;
    if (way === 'MFA_RESET') this.signal(afterMs, way, random.chance(0.8) ? 'EMAIL' : 'SUPPORT');
    else this.signal(afterMs, way);
  }

  newDestination(afterMs: number): void {
    this.destination = { ...this.destination, addedAt: Math.round(this.at + afterMs) };
    if (this.random.chance(0.1)) this.signal(afterMs - MINUTE_MS, 'ALLOWLIST_DISABLED');
    this.signal(afterMs, 'ADDRESS_ADDED');
  }

  /** Most take nearly all; some begin with less to see whether it works. */
  takeOut(afterMs: number, share?: number): void {
    const { random, account, device, destination, theft, emit } = this;
    const drawn = random.weighted([
      { weight: 70, item: random.between(0.85, 1) },
      { weight: 20, item: random.between(0.5, 0.85) },
      { weight: 10, item: random.between(0.1, 0.5) },
    ]);
    withdraw(account, { at: this.at + afterMs, share: share ?? drawn, destination, device, theft }, emit);
  }
}

/**
 * Writes down how a thief takes an account over, in one of the styles.
 *
 * @param at when he first touches the exchange; the mailbox was broken into before
 * @param end when the history ends
 */
export function takeOver(
  account: Account,
  at: UnixMs,
  theft: { readonly takeover: number; readonly style: AttackStyle },
  random: Random,
  emit: Emit,
  end: UnixMs,
): void {
  STYLES[theft.style](new Takeover(account, at, random, emit, theft, end));
}

const STYLES: Readonly<Record<AttackStyle, (takeover: Takeover) => void>> = {
  fast,
  patient,
  slicing,
  'email-first': emailFirst,
  aged,
  ripened,
  sleeping,
  'late-notice': lateNotice,
  'silent-provider': silentProvider,
  'sim-swap': simSwap,
  support,
  stuffing,
  draining,
};

/** Less than an hour for many, some hours for others: thieves hurry (20 % try within 30 minutes; Google 2014). */
function soon(random: Random): number {
  return Math.min(20 * HOUR_MS, 12 * MINUTE_MS + random.logNormal(HOUR_MS, 1.2));
}

/** Longer than any timer of 72 hours. */
function afterTimers(random: Random): number {
  return random.between(73 * HOUR_MS, 9 * DAY_MS);
}

function enterThroughMailbox(takeover: Takeover): void {
  const { account, at, random, emit } = takeover;
  leaveMailboxTrail(account, at, random, emit);
  takeover.resetByMail();
  takeover.newDevice(random.between(MINUTE_MS, 8 * MINUTE_MS));
  takeover.getAroundFactors(9 * MINUTE_MS);
}

function fast(takeover: Takeover): void {
  enterThroughMailbox(takeover);
  const out = soon(takeover.random);
  takeover.newDestination(out * takeover.random.between(0.4, 0.9));
  takeover.takeOut(out);
}

function patient(takeover: Takeover): void {
  enterThroughMailbox(takeover);
  const out = afterTimers(takeover.random);
  // Many add the address at once, so that its own timer runs out as well.
  takeover.newDestination(takeover.random.chance(0.6) ? 20 * MINUTE_MS : out - 30 * MINUTE_MS);
  takeover.takeOut(out);
}

function slicing(takeover: Takeover): void {
  const { random, account } = takeover;
  enterThroughMailbox(takeover);
  const start = random.chance(0.6) ? soon(random) : afterTimers(random);
  takeover.newDestination(start * random.between(0.4, 0.9));
  const slices = 5 + random.below(10);
  // Below what looks large: 900 of the currency.
  const share = Math.min(0.9 / slices, 90_000 / account.balance);
  let out = start;
  // A third of them take days over it.
  const [least, most] = random.chance(0.33) ? [4 * HOUR_MS, 9 * HOUR_MS] : [10 * MINUTE_MS, 2 * HOUR_MS];
  for (let slice = 0; slice < slices; slice++) {
    takeover.takeOut(out, share * random.between(0.8, 1.2));
    out += random.between(least, most);
  }
}

function emailFirst(takeover: Takeover): void {
  const { account, at, random, emit } = takeover;
  leaveMailboxTrail(account, at, random, emit);
  takeover.newDevice(-MINUTE_MS);
  account.email = `thief${takeover.theft.takeover}@gmail.com`;
  takeover.signal(0, 'EMAIL_CHANGED', 'IN_SESSION', account.email);
  if (random.chance(0.8)) takeover.resetByMail(10 * MINUTE_MS);
  else takeover.signal(10 * MINUTE_MS, 'PASSWORD_CHANGED');
  takeover.getAroundFactors(12 * MINUTE_MS);
  const out = random.chance(0.6) ? soon(random) : afterTimers(random);
  takeover.newDestination(out * random.between(0.4, 0.9));
  takeover.takeOut(out);
}

/** Nothing is new any more when the coins go. */
function aged(takeover: Takeover): void {
  const { random } = takeover;
  enterThroughMailbox(takeover);
  const out = random.between(4 * DAY_MS, 11 * DAY_MS);
  takeover.newDestination(out - random.between(2 * DAY_MS, 3.5 * DAY_MS));
  takeover.takeOut(out);
}

function ripened(takeover: Takeover): void {
  const { random } = takeover;
  enterThroughMailbox(takeover);
  const out = random.between(8.5 * DAY_MS, 14 * DAY_MS);
  takeover.newDestination(random.between(20 * MINUTE_MS, out - 8 * DAY_MS));
  takeover.takeOut(out);
}

/** Until what a policy remembers of the break-in is old, or older than it remembers. */
function sleeping(takeover: Takeover): void {
  const { random, at, end } = takeover;
  enterThroughMailbox(takeover);
  const out = Math.min(random.between(11 * DAY_MS, 45 * DAY_MS), end - at - HOUR_MS);
  takeover.newDestination(random.chance(0.6) ? 20 * MINUTE_MS : out - random.between(HOUR_MS, 3 * DAY_MS));
  takeover.takeOut(out);
}

function lateNotice(takeover: Takeover): void {
  const { account, at, random, emit } = takeover;
  takeover.resetByMail();
  takeover.newDevice(random.between(MINUTE_MS, 8 * MINUTE_MS));
  takeover.getAroundFactors(9 * MINUTE_MS);
  const out = random.chance(0.5) ? soon(random) : afterTimers(random);
  leaveLateNotice(account, at, at + out, random, emit);
  takeover.newDestination(out * random.between(0.4, 0.9));
  takeover.takeOut(out);
}

function silentProvider(takeover: Takeover): void {
  if (takeover.random.chance(0.5)) fast(takeover);
  else patient(takeover);
}

function simSwap(takeover: Takeover): void {
  const { random } = takeover;
  if (random.chance(0.85)) takeover.signal(-random.between(HOUR_MS, 12 * HOUR_MS), 'SIM_CHANGED');
  takeover.signal(0, 'PASSWORD_RESET', 'SMS');
  takeover.newDevice(5 * MINUTE_MS);
  if (random.chance(0.3)) takeover.signal(8 * MINUTE_MS, 'MFA_RESET', 'SMS');
  const out = random.chance(0.8) ? soon(random) : afterTimers(random);
  takeover.newDestination(out * random.between(0.4, 0.9));
  takeover.takeOut(out);
}

function support(takeover: Takeover): void {
  const { random, account } = takeover;
  takeover.signal(0, 'SUPPORT_RECOVERY', 'SUPPORT');
  if (random.chance(0.6)) takeover.signal(5 * MINUTE_MS, 'MFA_RESET', 'SUPPORT');
  if (random.chance(0.5)) takeover.signal(6 * MINUTE_MS, 'PASSWORD_RESET', 'SUPPORT');
  if (random.chance(0.35)) {
    account.email = `thief${takeover.theft.takeover}@gmail.com`;
    takeover.signal(8 * MINUTE_MS, 'EMAIL_CHANGED', 'SUPPORT', account.email);
  }
  takeover.newDevice(10 * MINUTE_MS);
  const out = random.chance(0.7) ? soon(random) : afterTimers(random);
  takeover.newDestination(out * random.between(0.4, 0.9));
  takeover.takeOut(out);
}

/** The password was right: no reset. Most come with few failures, spread over many networks. */
function stuffing(takeover: Takeover): void {
  const { random } = takeover;
  const failures = random.chance(0.7) ? random.below(4) : 12 + random.below(50);
  for (let index = 0; index < failures; index++) {
    takeover.signal(-random.between(MINUTE_MS, 18 * HOUR_MS), 'LOGIN_FAILED');
  }
  takeover.newDevice(0);
  if (random.chance(0.25)) takeover.signal(4 * MINUTE_MS, 'PASSWORD_CHANGED');
  if (random.chance(0.15)) takeover.signal(5 * MINUTE_MS, 'MFA_DISABLED');
  const out = soon(random);
  takeover.newDestination(out * random.between(0.4, 0.9));
  takeover.takeOut(out);
}

/** The most that he takes at once: just below 10,000 of the currency, and below half. */
const DRAIN_VALUE = 999_000;
const DRAIN_SHARE = 0.49;

/** Password and code were phished: no reset, no failure. What he takes stays below what looks large. */
function draining(takeover: Takeover): void {
  const { random, account } = takeover;
  takeover.newDevice(0);
  if (random.chance(0.4)) takeover.signal(5 * MINUTE_MS, 'MFA_ENROLLED');
  let out = soon(random);
  takeover.newDestination(out * random.between(0.4, 0.9));
  const days = 3 + random.below(8);
  for (let day = 0; day < days; day++) {
    takeover.takeOut(out, Math.min(DRAIN_SHARE, DRAIN_VALUE / account.balance) * random.between(0.7, 1));
    out += random.between(20 * HOUR_MS, 28 * HOUR_MS);
  }
}
