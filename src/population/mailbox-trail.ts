import type { ProviderEventType, UnixMs } from '../decision/vocabulary.js';
import type { Account, Emit } from './account.js';
import type { Random } from './random.js';
import { DAY_MS, MINUTE_MS } from './time.js';

/** Half of the thieves read along for less than two days before they go to the exchange. */
const MEDIAN_READING_MS = 2 * DAY_MS;
const READING_SIGMA = 1.2;
const LONGEST_READING_MS = 40 * DAY_MS;

/** Part of the broken mailboxes that their provider finds out about at all, and how long that takes on average. */
const DISCOVERED = 0.4;
const MEAN_DISCOVERY_MS = 6 * DAY_MS;

/**
 * What the provider says of a mailbox through which an account will be reset at `resetAt`. Often little: nearly half of
 * the thieves make an app password, which the provider sees but takes for the owner's; others come with the owner's
 * own password, which nobody sees. Most is discovered late, if at all.
 */
export function leaveMailboxTrail(account: Account, resetAt: UnixMs, random: Random, emit: Emit): void {
  const { provider } = account.home;
  if (provider === undefined) return;
  const reading = Math.min(LONGEST_READING_MS, random.logNormal(MEDIAN_READING_MS, READING_SIGMA));
  const brokenAt = resetAt - reading;
  const tell = (type: ProviderEventType, occurredAt: UnixMs, unauthorised = false): void =>
    emit({
      kind: 'provider-event',
      at: Math.round(occurredAt + random.exponential(5 * MINUTE_MS)),
      provider,
      email: account.email,
      type,
      occurredAt: Math.round(occurredAt),
      timeIs: type === 'CREDENTIAL_COMPROMISE' ? 'DISCOVERED' : 'OCCURRED',
      unauthorised,
      confidence: type === 'CREDENTIAL_COMPROMISE' ? 0.9 : 1,
    });
  const way = random.weighted<'app-password' | 'recovery' | 'password'>([
    { weight: 45, item: 'app-password' },
    { weight: 20, item: 'recovery' },
    { weight: 35, item: 'password' },
  ]);
  switch (way) {
    case 'app-password':
      tell('APP_PASSWORD_CREATED', brokenAt, random.chance(0.1));
      break;
    case 'recovery':
      tell(random.chance(0.5) ? 'RECOVERY_ACTIVATED' : 'RECOVERY_INFORMATION_CHANGED', brokenAt);
      break;
    case 'password':
      if (random.chance(0.5)) tell('SESSION_ESTABLISHED', brokenAt);
      break;
    default:
      way satisfies never;
  }
  if (!random.chance(DISCOVERED)) return;
  const discoveredAt = brokenAt + random.exponential(MEAN_DISCOVERY_MS);
  tell('CREDENTIAL_COMPROMISE', discoveredAt);
  tell('CREDENTIAL_CHANGE_REQUIRED', discoveredAt + random.exponential(DAY_MS));
}

/** Part of the late notices that come before the coins leave. */
const IN_TIME = 0.7;

/**
 * What a provider says late: of a mailbox that was broken into one to four months before the account is reset. Incidents
 * of mail providers are often told so.
 *
 * @param outAt when the coins leave
 */
export function leaveLateNotice(
  account: Account,
  resetAt: UnixMs,
  outAt: UnixMs,
  random: Random,
  emit: Emit,
): void {
  const { provider } = account.home;
  if (provider === undefined) return;
  const brokenAt = resetAt - random.between(31 * DAY_MS, 120 * DAY_MS);
  const toldAt = random.chance(IN_TIME) ? random.between(resetAt - DAY_MS, outAt) : outAt + DAY_MS;
  const isAppPassword = random.chance(0.5);
  emit({
    kind: 'provider-event',
    at: Math.round(toldAt),
    provider,
    email: account.email,
    type: isAppPassword ? 'APP_PASSWORD_CREATED' : 'CREDENTIAL_COMPROMISE',
    occurredAt: Math.round(brokenAt),
    timeIs: isAppPassword ? 'OCCURRED' : 'DISCOVERED',
    unauthorised: isAppPassword,
    confidence: isAppPassword ? 1 : 0.9,
  });
}
