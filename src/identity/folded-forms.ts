import type { AliasForm } from '../decision/evidence.js';
import type { MailAddress } from './mail-address.js';
import { domainsOf, type MailOperator, OPERATORS } from './operator-table.js';

/** Another form of an address under which its mailbox may be named. */
export interface FoldedForm {
  /** `canonical` by a rule of the mailbox's own operator, `guessed` by one that we only suppose. */
  readonly form: Extract<AliasForm, 'canonical' | 'guessed'>;
  /** `local@domain`; never the exact form itself. */
  readonly canonical: string;
}

interface OperatorFoldings {
  readonly operator: MailOperator;
  readonly domains: ReadonlySet<string>;
}

const FOLDINGS: ReadonlyMap<string, OperatorFoldings> = new Map(
  OPERATORS.map((operator) => [operator.id, { operator, domains: new Set(domainsOf(operator)) }]),
);

const NONE: readonly FoldedForm[] = [];

/**
 * All other forms of an address: at most one `canonical`, first, then the `guessed` ones. Tags behind a `+` are folded
 * at every domain, by guess where the operator does not document it. Nothing is folded across AT&T's domains, since
 * `joe@att.net` and `joe@sbcglobal.net` may be two people.
 *
 * @param operator id of who runs the address's domain, undefined if unknown
 */
export function foldedForms(address: MailAddress, operator: string | undefined): readonly FoldedForm[] {
  const foldings = operator === undefined ? undefined : FOLDINGS.get(operator);
  const own = foldByOwnRule(address, foldings);
  const ownExact = `${own.local}@${own.domain}`;

  // The registry may give an operator more domains, of which the operator's rules say nothing.
  const supposed = foldings?.domains.has(own.domain) ? foldings.operator.supposed : undefined;
  let local = beforeFirst(own.local, '+');
  if (supposed?.hyphenTags === true) local = beforeFirst(local, '-');
  if (supposed?.ignoresDots === true) local = withoutDots(local);

  const forms: FoldedForm[] = [];
  const seen = new Set([address.exact]);
  const add = (form: FoldedForm['form'], canonical: string): void => {
    if (seen.has(canonical)) return;
    seen.add(canonical);
    forms.push({ form, canonical });
  };
  add('canonical', ownExact);
  add('guessed', `${local}@${own.domain}`);
  for (const sister of supposed?.sisterDomains ?? []) add('guessed', `${local}@${sister}`);
  return forms.length === 0 ? NONE : forms;
}

/**
 * The surest other form of an address, or undefined if it has none: by the operator's own rule if that changes
 * anything, else by guess. Idempotent for `canonical`.
 */
export function canonicalForm(address: MailAddress, operator: string | undefined): FoldedForm | undefined {
  return foldedForms(address, operator)[0];
}

function foldByOwnRule(
  address: MailAddress,
  foldings: OperatorFoldings | undefined,
): { readonly local: string; readonly domain: string } {
  const rule = foldings?.operator.own;
  if (foldings === undefined || rule === undefined) return address;
  let { local, domain } = address;
  if (!foldings.domains.has(domain)) {
    const dot = domain.indexOf('.');
    const parent = domain.slice(dot + 1);
    if (rule.userSubdomains?.includes(parent) !== true) return address;
    return { local: domain.slice(0, dot), domain: parent };
  }
  if (rule.plusTags) local = beforeFirst(local, '+');
  if (rule.ignoresDots) local = withoutDots(local);
  domain = rule.domainNames?.[domain] ?? domain;
  return { local, domain };
}

/** The text before the first separator, or all of it if nothing stands before. */
function beforeFirst(local: string, separator: '+' | '-'): string {
  const at = local.indexOf(separator);
  return at > 0 ? local.slice(0, at) : local;
}

function withoutDots(local: string): string {
  const folded = local.replaceAll('.', '');
  return folded === '' ? local : folded;
}
