/** What exchanges do today, as policies: to be compared with, not to be used. */
export interface TodaysPolicy {
  readonly name: string;
  readonly text: string;
}

const NEVER_BY_SCORE = 'step_up: 100, hold: 100, reject: 100';

function policyText(name: string, rules: string): string {
  return `version: 1
name: ${name}
currency: USD
points_to_double_odds: 5
tiers:
  - { name: all, ${NEVER_BY_SCORE}, degraded: { feed_not_current: ALLOW, behind: ALLOW, hourly_allow: 1000000 } }
${rules}
cohort: { base_rate: 0.0001, default_share: 0.005, at_most: 0, after: 30d }
exposure: { look_back: 30d, keep_after: 30d, watch: 14d }
trust_floor: 0
reject_needs_named_compromise: true
step_up: { channels: [PASSKEY, TOTP, PUSH, SMS, VOICE], verified_within: 15m }
sim_trouble: { signals: [SIM_CHANGED, PHONE_CHANGED], window: 10d }
hold: { max: 120h, review_after: 24h, degraded: 30m }
`;
}

const SECURITY_CHANGES = [
  'PASSWORD_RESET',
  'PASSWORD_CHANGED',
  'SESSION_FROM_RESET_LINK',
  'EMAIL_CHANGED',
  'PHONE_CHANGED',
  'SIM_CHANGED',
  'MFA_ENROLLED',
  'MFA_CHANGED',
  'MFA_RESET',
  'MFA_DISABLED',
  'ALLOWLIST_DISABLED',
  'ACCOUNT_UNLOCKED',
  'SUPPORT_RECOVERY',
];

const NEW_ADDRESS_LOCK = `  - code: TIMER_NEW_ADDRESS
    when: { destination_age: { below: 24h } }
    shape: timer
    window: 24h
    summary: 24 hours on a new address.`;

function flatTimer(hours: number, locksNewAddresses: boolean): TodaysPolicy {
  const name = `timer-${hours}h${locksNewAddresses ? '-and-address-24h' : ''}`;
  const rules = `locks:
  - code: TIMER_SECURITY_CHANGE
    when: { signal: [${SECURITY_CHANGES.join(', ')}] }
    shape: timer
    window: ${hours}h
    summary: ${hours} hours after any security change.
${locksNewAddresses ? NEW_ADDRESS_LOCK : ''}`;
  return { name, text: policyText(name, rules) };
}

/** The three domains that the reports of 2023 named; nine sisters on the same servers were not. */
const NAMED_DOMAINS = ['att.net', 'sbcglobal.net', 'bellsouth.net'];

function domainBlock(): TodaysPolicy {
  const name = 'block-three-domains';
  const entries = NAMED_DOMAINS.map(
    (domain) => `      - { value: ${domain}, reason: named in the reports of 2023 }`,
  );
  const rules = `lists:
  - name: blocked-domains
    on: domain
    effect: { deny: HOLD }
    summary: The mail domain is blocked.
    entries:
${entries.join('\n')}`;
  return { name, text: policyText(name, rules) };
}

/** Flat timers after any security change, with and without a lock on new addresses, and a block of domains. */
export function todaysPolicies(): readonly TodaysPolicy[] {
  const timers = [24, 48, 72].flatMap((hours) => [flatTimer(hours, false), flatTimer(hours, true)]);
  return [...timers, domainBlock()];
}
