import type { Channel, ProviderEventType, SignalType, UnixMs } from '../decision/vocabulary.js';
import type { Account, Destination, Device, Emit } from './account.js';
import { bitcoinAddress } from './bitcoin-address.js';
import type { Random } from './random.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.js';
import { withdraw } from './withdraw.js';

/** One thing in somebody's life, done when its time comes, since each changes what later ones find. */
export interface Act {
  readonly at: UnixMs;
  readonly do: () => void;
}

interface Life {
  readonly account: Account;
  readonly random: Random;
  readonly emit: Emit;
  /** For what follows from an act a little later. */
  readonly later: (act: Act) => void;
}

type Habit = (life: Life, at: UnixMs) => void;

// How often things happen to an honest customer, in events a day. Suppositions in the order of what services publish of
// their help desks; what matters to a policy is how often they stand close before a withdrawal.
const HABITS: readonly { readonly perDay: number; readonly habit: Habit }[] = [
  { perDay: 1 / 650, habit: forgetsPassword },
  { perDay: 1 / 900, habit: buysPhone },
  { perDay: 1 / 400, habit: usesAnotherDevice },
  { perDay: 1 / 250, habit: travels },
  { perDay: 1 / 800, habit: signals('PASSWORD_CHANGED') },
  { perDay: 1 / 6000, habit: signals('PHONE_CHANGED') },
  { perDay: 1 / 3000, habit: signals('API_KEY_CREATED') },
  { perDay: 1 / 10_000, habit: signals('ALLOWLIST_DISABLED') },
  { perDay: 1 / 2500, habit: signals('MFA_ENROLLED') },
  { perDay: 1 / 7000, habit: changesEmail },
  { perDay: 1 / 12_000, habit: needsSupport },
  { perDay: 1 / 45, habit: mistypes },
  { perDay: 1 / 5000, habit: isLockedOut },
  // Passwords from elsewhere are tried on many accounts and hardly ever fit.
  { perDay: 1 / 3000, habit: isStuffedInVain },
  // At the mailbox. Mail programs, new phones, forgotten mail passwords.
  { perDay: 1 / 2500, habit: mailEvent('APP_PASSWORD_CREATED') },
  { perDay: 1 / 2000, habit: mailEvent('RECOVERY_INFORMATION_CHANGED') },
  { perDay: 1 / 1200, habit: mailEvent('CREDENTIAL_UPDATED') },
  { perDay: 1 / 500, habit: mailEvent('SESSION_ESTABLISHED') },
  { perDay: 1 / 6000, habit: mailEvent('RISK_MEDIUM') },
  { perDay: 1 / 8000, habit: mailEvent('CREDENTIAL_CHANGE_REQUIRED') },
  // About 9 mailboxes of a million are hijacked a day (Google 2014); most hijackers never look for an exchange.
  { perDay: 9 / 1_000_000, habit: mailboxIsHijacked },
];

/** How soon somebody withdraws who reset his password in order to. */
const RESET_TO_WITHDRAW = 0.3;
/** Every eighth honest withdrawal goes somewhere new. */
const NEW_DESTINATION = 0.12;

/**
 * Everything that one honest customer does from `start` to `end`, in the order of time.
 *
 * @param changes how often all but withdrawals happens, times the usual
 */
export function liveHonestly(
  account: Account,
  start: UnixMs,
  end: UnixMs,
  changes: number,
  random: Random,
  emit: Emit,
): void {
  const acts: Act[] = [];
  const life: Life = { account, random, emit, later: (act) => acts.push(act) };
  scatter(account.activity, start, end, random, (at) => {
    acts.push({ at, do: () => withdrawHonestly(life, at) });
  });
  for (const { perDay, habit } of HABITS) {
    scatter(perDay * changes, start, end, random, (at) => acts.push({ at, do: () => habit(life, at) }));
  }
  // What is done may add to what is to be done.
  for (let next = takeEarliest(acts); next !== undefined; next = takeEarliest(acts)) {
    if (next.at < end) next.do();
  }
}

function scatter(
  perDay: number,
  start: UnixMs,
  end: UnixMs,
  random: Random,
  each: (at: UnixMs) => void,
): void {
  for (let at = start; ; ) {
    at += random.exponential(DAY_MS / perDay);
    if (at >= end) return;
    each(Math.round(at));
  }
}

function takeEarliest(acts: Act[]): Act | undefined {
  let earliest = 0;
  for (const [index, act] of acts.entries()) if (act.at < (acts[earliest]?.at ?? 0)) earliest = index;
  return acts.splice(earliest, 1)[0];
}

function signal(life: Life, at: UnixMs, type: SignalType, channel?: Channel, email?: string): void {
  life.emit({
    kind: 'signal',
    at: Math.round(at),
    accountId: life.account.id,
    type,
    ...(channel === undefined ? {} : { channel }),
    ...(email === undefined ? {} : { email }),
  });
}

function signals(type: SignalType): Habit {
  return (life, at) => signal(life, at, type);
}

function mailEvent(type: ProviderEventType): Habit {
  return (life, at) => tellMail(life, at, type);
}

function tellMail(life: Life, at: UnixMs, type: ProviderEventType): void {
  const { home, email } = life.account;
  if (home.provider === undefined) return;
  life.emit({
    kind: 'provider-event',
    at: Math.round(at + life.random.exponential(5 * MINUTE_MS)),
    provider: home.provider,
    email,
    type,
    occurredAt: Math.round(at),
    timeIs: type === 'CREDENTIAL_COMPROMISE' ? 'DISCOVERED' : 'OCCURRED',
    unauthorised: false,
    confidence: 1,
  });
}

function withdrawHonestly(life: Life, at: UnixMs, newDestination = NEW_DESTINATION): void {
  const { account, random, emit } = life;
  const isNew = account.destinations.length === 0 || random.chance(newDestination);
  const destination = isNew ? addDestination(life, at) : known(account.destinations, random);
  const share = random.weighted([
    { weight: 15, item: random.between(0.9, 1) },
    { weight: 18, item: random.between(0.5, 0.9) },
    { weight: 67, item: random.between(0.02, 0.5) },
  ]);
  withdraw(account, { at, share, destination, device: presentDevice(account, random) }, emit);
}

function known(destinations: readonly Destination[], random: Random): Destination {
  const [first, ...rest] = destinations;
  if (first === undefined) throw new RangeError('there is no destination to choose from');
  return random.chance(0.7) ? first : random.pick([first, ...rest]);
}

/** Most addresses are added just before they are used. */
function addDestination({ account, random, emit }: Life, at: UnixMs): Destination {
  const ago = random.chance(0.7)
    ? random.between(MINUTE_MS, 30 * MINUTE_MS)
    : random.between(30 * MINUTE_MS, 72 * HOUR_MS);
  const destination: Destination = {
    address: bitcoinAddress(`${account.id}d${account.destinations.length}`),
    addedAt: Math.round(at - ago),
    allowlisted: false,
  };
  account.destinations.push(destination);
  emit({ kind: 'signal', at: destination.addedAt, accountId: account.id, type: 'ADDRESS_ADDED' });
  return destination;
}

/** The device at hand: the newest one, or one of the others. */
function presentDevice(account: Account, random: Random): Device {
  const newest = account.devices.at(-1);
  if (newest === undefined) throw new RangeError('an account has a device');
  return random.chance(0.7) ? newest : random.pick([newest, ...account.devices]);
}

function addDevice(life: Life, at: UnixMs): void {
  const { account } = life;
  account.devices.push({ id: `${account.id}-device-${account.devices.length}`, firstSeenAt: Math.round(at) });
  signal(life, at, 'NEW_DEVICE');
}

/** Often somebody who comes back after months, and wants his coins: the thief's honest twin. */
function forgetsPassword(life: Life, at: UnixMs): void {
  const { account, random } = life;
  const channel = random.weighted<Channel>([
    { weight: 82, item: 'EMAIL' },
    { weight: 14, item: 'SMS' },
    { weight: 4, item: 'SUPPORT' },
  ]);
  signal(life, at, 'PASSWORD_RESET', channel, channel === 'EMAIL' ? account.email : undefined);
  if (channel === 'EMAIL' && random.chance(0.4)) {
    signal(life, at + MINUTE_MS, 'SESSION_FROM_RESET_LINK', 'EMAIL', account.email);
  }
  if (random.chance(0.25)) addDevice(life, at + 2 * MINUTE_MS);
  if (!random.chance(RESET_TO_WITHDRAW)) return;
  const then = Math.round(at + random.between(10 * MINUTE_MS, 24 * HOUR_MS));
  life.later({ at: then, do: () => withdrawHonestly(life, then, 0.2) });
}

function buysPhone(life: Life, at: UnixMs): void {
  const { account, random } = life;
  addDevice(life, at);
  if (random.chance(0.25)) signal(life, at - HOUR_MS, 'SIM_CHANGED');
  if (random.chance(0.4)) signal(life, at + HOUR_MS, 'MFA_CHANGED');
  // The app was not moved over: it has to be reset without the old one.
  if (random.chance(0.08)) {
    signal(life, at + HOUR_MS, 'MFA_RESET', random.chance(0.5) ? 'SUPPORT' : 'EMAIL');
    account.factors = account.factors.map((factor) =>
      factor.channel === 'TOTP' ? { ...factor, enrolledAt: Math.round(at) } : factor,
    );
  }
}

function usesAnotherDevice(life: Life, at: UnixMs): void {
  addDevice(life, at);
}

function travels(life: Life, at: UnixMs): void {
  signal(life, at, 'NEW_LOCATION');
}

function changesEmail(life: Life, at: UnixMs): void {
  const { account } = life;
  const [name = ''] = account.email.split('@');
  account.email = `${name}.new@gmail.com`;
  signal(life, at, 'EMAIL_CHANGED', 'IN_SESSION', account.email);
}

function needsSupport(life: Life, at: UnixMs): void {
  signal(life, at, 'SUPPORT_RECOVERY', 'SUPPORT');
  if (life.random.chance(0.5)) signal(life, at + HOUR_MS, 'MFA_RESET', 'SUPPORT');
}

function fail(life: Life, at: UnixMs, count: number, withinMs: number): void {
  for (let index = 0; index < count; index++) {
    signal(life, at + life.random.between(0, withinMs), 'LOGIN_FAILED');
  }
}

function mistypes(life: Life, at: UnixMs): void {
  fail(life, at, 1 + life.random.below(3), 5 * MINUTE_MS);
}

function isLockedOut(life: Life, at: UnixMs): void {
  fail(life, at, 6 + life.random.below(8), HOUR_MS);
  signal(life, at + 2 * HOUR_MS, 'ACCOUNT_UNLOCKED');
}

function isStuffedInVain(life: Life, at: UnixMs): void {
  fail(life, at, 5 + life.random.below(40), 12 * HOUR_MS);
}

function mailboxIsHijacked(life: Life, at: UnixMs): void {
  if (life.random.chance(0.4))
    tellMail(life, at + life.random.exponential(4 * DAY_MS), 'CREDENTIAL_COMPROMISE');
  tellMail(life, at + life.random.exponential(6 * DAY_MS), 'CREDENTIAL_CHANGE_REQUIRED');
}
