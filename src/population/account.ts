import type { UnixMs } from '../decision/vocabulary.js';
import { bitcoinAddress } from './bitcoin-address.js';
import type { PopulationEvent, SyntheticFactor } from './events.js';
import type { MailHome } from './mail-landscape.js';
import type { Random } from './random.js';
import { DAY_MS, HOUR_MS } from './time.js';

export interface Device {
  readonly id: string;
  readonly firstSeenAt: UnixMs;
}

export interface Destination {
  readonly address: string;
  readonly addedAt: UnixMs;
  firstUsedAt?: UnixMs;
  readonly allowlisted: boolean;
}

/** One customer as the exchange knows him, at the moment that the generator has reached. */
export interface Account {
  readonly id: string;
  readonly home: MailHome;
  email: string;
  readonly openedAt: UnixMs;
  /** Minor units of the reference currency. */
  readonly balance: number;
  /** Withdrawals a day. */
  readonly activity: number;
  factors: readonly SyntheticFactor[];
  readonly devices: Device[];
  readonly destinations: Destination[];
  lastWithdrawalAt?: UnixMs;
}

const YEAR_MS = 365 * DAY_MS;

/** Half of the customers withdraw less often than once in three weeks, a few nearly every day. */
const MEDIAN_ACTIVITY = 1 / 21;
const ACTIVITY_SIGMA = 1;

/** Half of the customers hold less than 2,500. */
const MEDIAN_BALANCE = 250_000;
const BALANCE_SIGMA = 1.5;

/** Thieves look at the balance before they go on (about 3 minutes; Google 2014), so victims hold more. */
const MEDIAN_VICTIM_BALANCE = 1_200_000;
const VICTIM_BALANCE_SIGMA = 1.2;

/** Lets generators write down what happens. */
export type Emit = (event: PopulationEvent) => void;

export function makeAccount(
  index: number,
  home: MailHome,
  isVictim: boolean,
  start: UnixMs,
  random: Random,
): Account {
  const openedAt = Math.round(start - random.between(2 * DAY_MS, 5 * YEAR_MS));
  const id = `acct-${String(index).padStart(6, '0')}`;
  const ageMs = start - openedAt;
  const device = { id: `${id}-device-0`, firstSeenAt: Math.round(start - ageMs * random.between(0.05, 1)) };
  return {
    id,
    home,
    email: `customer${index}@${random.pick(home.domains)}`,
    openedAt,
    balance: isVictim
      ? Math.round(random.logNormal(MEDIAN_VICTIM_BALANCE, VICTIM_BALANCE_SIGMA))
      : Math.round(random.logNormal(MEDIAN_BALANCE, BALANCE_SIGMA)),
    activity: Math.min(1, random.logNormal(MEDIAN_ACTIVITY, ACTIVITY_SIGMA)),
    factors: factorsOf(openedAt, random),
    devices: [device],
    destinations: knownDestinations(id, openedAt, start, random),
  };
}

/** More than half have an authenticator app, a quarter only a text message; some have nothing but their e-mail. */
function factorsOf(openedAt: UnixMs, random: Random): readonly SyntheticFactor[] {
  const enrolledAt = openedAt + HOUR_MS;
  const channel = random.weighted<SyntheticFactor['channel'] | 'NONE'>([
    { weight: 50, item: 'TOTP' },
    { weight: 8, item: 'PASSKEY' },
    { weight: 9, item: 'PUSH' },
    { weight: 26, item: 'SMS' },
    { weight: 7, item: 'NONE' },
  ]);
  const email: SyntheticFactor = { channel: 'EMAIL', enrolledAt: openedAt };
  return channel === 'NONE' ? [email] : [{ channel, enrolledAt }, email];
}

function knownDestinations(id: string, openedAt: UnixMs, start: UnixMs, random: Random): Destination[] {
  const count = random.weighted([
    { weight: 15, item: 0 },
    { weight: 45, item: 1 },
    { weight: 25, item: 2 },
    { weight: 15, item: 4 },
  ]);
  return Array.from({ length: count }, (_, index) => {
    const addedAt = Math.round(random.between(openedAt, start));
    return {
      address: bitcoinAddress(`${id}d${index}`),
      addedAt,
      firstUsedAt: Math.min(start, addedAt + HOUR_MS),
      allowlisted: random.chance(0.3),
    };
  });
}
