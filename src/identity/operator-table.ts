/**
 * Who runs which mail domains, and how addresses fold there. Data only.
 *
 * Sources: Thunderbird's ISPDB (domains per operator, 2026-03) for AT&T, Yahoo, AOL, Microsoft, GMX, mail.com, KPN,
 * Telstra and Virgin's ntlworld; the operators' own help pages for subaddressing. Families are written out suffix by
 * suffix, because `live.<anything>` is not Microsoft's: only what is listed belongs to an operator.
 */

/** A brand under several public suffixes: `yahoo` under `co.uk` is `yahoo.co.uk`. */
export interface DomainFamily {
  readonly label: string;
  readonly suffixes: readonly string[];
}

/** What an operator itself documents: addresses that fold to one are one mailbox. */
export interface OwnFolding {
  /** What follows the first `+` of the local part is a tag. */
  readonly plusTags: boolean;
  /** Dots in the local part mean nothing. */
  readonly ignoresDots: boolean;
  /** Another name of a domain -> the domain. */
  readonly domainNames?: Readonly<Record<string, string>>;
  /** Domains under which `anything@user.domain` reaches `user@domain`. */
  readonly userSubdomains?: readonly string[];
}

/** What we only suppose of an operator. A match by it alone never holds anybody. */
export interface SupposedFolding {
  /** What follows the first `-` of the local part may be a tag. */
  readonly hyphenTags: boolean;
  readonly ignoresDots: boolean;
  /** Domains in which one user may own the same local part. */
  readonly sisterDomains: readonly string[];
}

export interface MailOperator {
  readonly id: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly families?: readonly DomainFamily[];
  readonly own?: OwnFolding;
  readonly supposed?: SupposedFolding;
}

const PLUS_TAGS: OwnFolding = { plusTags: true, ignoresDots: false };

// The suffixes under which both Yahoo and AOL have mail.
const YAHOO_INC_SUFFIXES = 'com de it fr es se co.uk co.nz com.au com.ar com.br com.mx'.split(' ');

export const OPERATORS: readonly MailOperator[] = [
  {
    // Twelve domains, one login. The often quoted list lacks currently.com. `joe@att.net` and `joe@sbcglobal.net` may
    // be two people: never sisters.
    id: 'att',
    name: 'AT&T',
    domains: [
      'ameritech.net',
      'att.net',
      'bellsouth.net',
      'currently.com',
      'flash.net',
      'nvbell.net',
      'pacbell.net',
      'prodigy.net',
      'sbcglobal.net',
      'snet.net',
      'swbell.net',
      'wans.net',
    ],
  },
  {
    id: 'yahoo',
    name: 'Yahoo',
    domains: ['ymail.com', 'myyahoo.com', 'rocketmail.com'],
    // yahoo.co.jp belongs to another company. After co.in: well known, but not in the ISPDB.
    families: [
      {
        label: 'yahoo',
        suffixes: [
          ...YAHOO_INC_SUFFIXES,
          'co.in',
          'ca',
          'in',
          'ie',
          'co.id',
          'com.sg',
          'com.hk',
          'com.tw',
          'com.ph',
        ],
      },
    ],
    // A disposable address is `base-keyword`, where the base is not the login: the base alone proves little.
    supposed: { hyphenTags: true, ignoresDots: false, sisterDomains: [] },
  },
  {
    id: 'aol',
    name: 'AOL',
    // Verizon's customers kept their addresses on AOL's servers.
    domains: [
      'aim.com',
      'netscape.net',
      'netscape.com',
      'compuserve.com',
      'cs.com',
      'wmconnect.com',
      'verizon.net',
    ],
    families: [{ label: 'aol', suffixes: YAHOO_INC_SUFFIXES }],
  },
  { id: 'comcast', name: 'Comcast', domains: ['comcast.net', 'xfinity.com'] },
  // Hosted by Yahoo since 2024, but Cox issues the logins.
  { id: 'cox', name: 'Cox', domains: ['cox.net'] },
  {
    id: 'google',
    name: 'Google',
    // Only consumer domains: in Workspace dots count.
    domains: ['gmail.com', 'googlemail.com'],
    own: { plusTags: true, ignoresDots: true, domainNames: { 'googlemail.com': 'gmail.com' } },
  },
  {
    id: 'microsoft',
    name: 'Microsoft',
    domains: ['msn.com', 'windowslive.com', 'livemail.tw'],
    families: [
      {
        label: 'outlook',
        suffixes: (
          'com at be cl cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk ' +
          'co.id co.il co.th com.ar com.au com.br com.gr com.tr com.vn'
        ).split(' '),
      },
      {
        label: 'hotmail',
        suffixes: (
          'com be ca cl cz de dk es fi fr gr hu it lt lv my nl no ph rs se sg sk ' +
          'co.id co.il co.in co.jp co.kr co.th co.uk co.za com.ar com.au com.br com.hk com.tr com.tw com.vn'
        ).split(' '),
      },
      {
        label: 'live',
        suffixes: (
          'com at be ca cl cn de dk fi fr hk ie in it jp nl no ru se ' +
          'co.jp co.kr co.uk co.za com.ar com.au com.mx com.my com.ph com.pt com.sg'
        ).split(' '),
      },
    ],
    own: PLUS_TAGS,
  },
  {
    id: 'apple',
    name: 'Apple',
    domains: ['icloud.com', 'me.com', 'mac.com'],
    own: PLUS_TAGS,
    // Older accounts own their name under all three; that newer ones do is not documented for each pair.
    supposed: { hyphenTags: false, ignoresDots: false, sisterDomains: ['icloud.com', 'me.com', 'mac.com'] },
  },
  {
    id: 'gmx',
    name: 'GMX',
    domains: ['mein.gmx', 'mail.gmx', 'email.gmx'],
    families: [
      {
        label: 'gmx',
        suffixes: (
          'net de at ch eu biz org info com tm us es fr ca cn hk ie ph pt ru se sg tw it li ' +
          'co.uk co.in com.br com.my com.tr'
        ).split(' '),
      },
    ],
  },
  { id: 'web-de', name: 'WEB.DE', domains: ['web.de'] },
  {
    // The largest of some seven hundred vanity names; users at the others keep a pseudonym for a domain.
    id: 'mail-com',
    name: 'mail.com',
    domains: (
      'mail.com mail.org email.com post.com usa.com accountant.com consultant.com dr.com engineer.com ' +
      'cheerful.com techie.com linuxmail.org europe.com london.com uymail.com myself.com iname.com writeme.com'
    ).split(' '),
  },
  {
    id: 'fastmail',
    name: 'Fastmail',
    domains: ['fastmail.com', 'fastmail.fm'],
    own: { plusTags: true, ignoresDots: false, userSubdomains: ['fastmail.com', 'fastmail.fm'] },
  },
  {
    id: 'proton',
    name: 'Proton',
    domains: ['proton.me', 'protonmail.com', 'pm.me'],
    own: PLUS_TAGS,
    supposed: {
      hyphenTags: false,
      ignoresDots: true,
      sisterDomains: ['proton.me', 'protonmail.com', 'pm.me'],
    },
  },
  { id: 'orange', name: 'Orange', domains: ['orange.fr', 'wanadoo.fr'] },
  { id: 'bt', name: 'BT', domains: ['btinternet.com', 'btopenworld.com', 'talk21.com'] },
  { id: 'sky', name: 'Sky', domains: ['sky.com'] },
  {
    id: 'virgin-media',
    name: 'Virgin Media',
    domains: ['virginmedia.com', 'ntlworld.com', 'blueyonder.co.uk'],
  },
  {
    id: 'kpn',
    name: 'KPN',
    domains: (
      'kpnmail.nl kpnplanet.nl planet.nl wxs.nl hetnet.nl freeler.nl xs4all.nl telfort.nl ' +
      'tiscali.nl tiscalimail.nl onsmail.nl'
    ).split(' '),
  },
  { id: 'ziggo', name: 'Ziggo', domains: ['ziggo.nl'] },
  {
    id: 'telstra',
    name: 'Telstra',
    domains: ['bigpond.com', 'bigpond.net.au', 'bigpond.net', 'telstra.com'],
  },
];

/** All domains of an operator, families written out. */
export function domainsOf(operator: MailOperator): readonly string[] {
  const families = operator.families ?? [];
  return [
    ...operator.domains,
    ...families.flatMap(({ label, suffixes }) => suffixes.map((suffix) => `${label}.${suffix}`)),
  ];
}

/** Every domain of {@link OPERATORS}. */
export const LISTED_DOMAINS: ReadonlySet<string> = new Set(OPERATORS.flatMap(domainsOf));
