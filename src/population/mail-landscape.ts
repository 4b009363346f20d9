import type { Random, Weighted } from './random.js';

/** Where people have their mail. */
export interface MailHome {
  readonly operator: string;
  readonly domains: readonly [string, ...string[]];
  /** Publishes events about its mailboxes; absent: nobody hears anything. */
  readonly provider?: string;
}

const ATT: MailHome = {
  operator: 'att',
  domains: ['att.net', 'sbcglobal.net', 'bellsouth.net', 'pacbell.net', 'swbell.net', 'ameritech.net'],
  provider: 'att',
};
const GOOGLE: MailHome = { operator: 'google', domains: ['gmail.com'], provider: 'google' };
const YAHOO: MailHome = { operator: 'yahoo', domains: ['yahoo.com', 'ymail.com'], provider: 'yahoo' };
const MICROSOFT: MailHome = { operator: 'microsoft', domains: ['outlook.com', 'hotmail.com'] };
const APPLE: MailHome = { operator: 'apple', domains: ['icloud.com', 'me.com'] };
const COMCAST: MailHome = { operator: 'comcast', domains: ['comcast.net'] };
const GMX: MailHome = { operator: 'gmx', domains: ['gmx.net', 'gmx.de'] };
const OWN_DOMAIN: MailHome = { operator: 'own', domains: ['family.example', 'works.example'] };

type Homes = readonly [Weighted<MailHome>, ...Weighted<MailHome>[]];

/** Customers of an exchange in the United States, roughly; shares in hundredths. A supposition. */
const HOMES: Homes = [
  { weight: 46, item: GOOGLE },
  { weight: 16, item: MICROSOFT },
  { weight: 13, item: YAHOO },
  { weight: 9, item: APPLE },
  { weight: 5, item: ATT },
  { weight: 4, item: COMCAST },
  { weight: 2, item: GMX },
  { weight: 5, item: OWN_DOMAIN },
];

/** Mailboxes that are broken into where the provider says something: an incident makes one operator's the easiest. */
const BROKEN_INTO: Homes = [
  { weight: 40, item: ATT },
  { weight: 35, item: GOOGLE },
  { weight: 25, item: YAHOO },
];

const SILENT: Homes = [
  { weight: 40, item: MICROSOFT },
  { weight: 20, item: APPLE },
  { weight: 15, item: COMCAST },
  { weight: 10, item: GMX },
  { weight: 15, item: OWN_DOMAIN },
];

export function anyHome(random: Random): MailHome {
  return random.weighted(HOMES);
}

export function brokenIntoHome(random: Random): MailHome {
  return random.weighted(BROKEN_INTO);
}

export function silentHome(random: Random): MailHome {
  return random.weighted(SILENT);
}

/** The operator in whose domains the incident is. */
export const INCIDENT_HOME = ATT;
