import { domainsOf, type MailOperator, OPERATORS } from './operator-table.js';

/** What the provider registry says a provider may speak of: an operator of the table, some domains, or both. */
export interface ProviderCoverage {
  /** Registry id of the provider. */
  readonly id: string;
  /** Operator id of the table. */
  readonly operator?: string;
  /** Mail domains in lower-case A-labels. */
  readonly domains?: readonly string[];
}

const NO_PROVIDERS: readonly string[] = [];

/**
 * Who runs the mail of a domain, and which registered providers may speak of it.
 *
 * A domain belongs to an operator only if it is listed as it stands. Nothing is derived from its end: mail at
 * `sub.att.net` is no consumer mailbox of AT&T, and `att.net.example.org` is nobody's. The one exception are
 * operators that give each user a subdomain (`anything@user.fastmail.com`).
 *
 * Immutable; a new registry makes a new directory.
 */
export class OperatorDirectory {
  readonly #table: readonly MailOperator[];
  readonly #listed = new Map<string, string>();
  readonly #userSubdomainParents = new Map<string, string>();
  readonly #registered = new Map<string, string>();
  readonly #providersByOperator = new Map<string, string[]>();
  readonly #providersByDomain = new Map<string, string[]>();

  constructor(table: readonly MailOperator[] = OPERATORS, registry: readonly ProviderCoverage[] = []) {
    this.#table = table;
    const operatorIds = new Set<string>();
    for (const operator of table) {
      operatorIds.add(operator.id);
      for (const domain of domainsOf(operator)) this.#listed.set(domain, operator.id);
      for (const parent of operator.own?.userSubdomains ?? []) {
        this.#userSubdomainParents.set(parent, operator.id);
      }
    }
    for (const { id, operator, domains = [] } of registry) {
      if (operator !== undefined) addTo(this.#providersByOperator, operator, id);
      // A provider of its own domains is their operator, unless its id would pass for an operator of the table.
      const registeredOperator = operator ?? (operatorIds.has(id) ? undefined : id);
      for (const domain of domains) {
        addTo(this.#providersByDomain, domain, id);
        if (registeredOperator !== undefined && !this.#registered.has(domain)) {
          this.#registered.set(domain, registeredOperator);
        }
      }
    }
  }

  /** The same table with another registry. */
  withRegistry(registry: readonly ProviderCoverage[]): OperatorDirectory {
    return new OperatorDirectory(this.#table, registry);
  }

  /** Operator id of the table, else of the registry; undefined if nobody we know runs the domain's mail. */
  operatorOf(domain: string): string | undefined {
    const listed = this.#listed.get(domain);
    if (listed !== undefined) return listed;
    const parent = domain.slice(domain.indexOf('.') + 1);
    return this.#userSubdomainParents.get(parent) ?? this.#registered.get(domain);
  }

  /**
   * Registry ids of the providers that may speak of mailboxes at this domain.
   *
   * @param operator what {@link operatorOf} said of the domain
   */
  providersFor(domain: string, operator: string | undefined): readonly string[] {
    const byDomain = this.#providersByDomain.get(domain) ?? NO_PROVIDERS;
    const byOperator =
      operator === undefined ? NO_PROVIDERS : (this.#providersByOperator.get(operator) ?? NO_PROVIDERS);
    if (byDomain.length === 0) return byOperator;
    if (byOperator.length === 0) return byDomain;
    return [...new Set([...byOperator, ...byDomain])];
  }

  /** All domains that the registry names one by one, with the providers that may speak of each. */
  registeredDomains(): ReadonlyMap<string, readonly string[]> {
    return this.#providersByDomain;
  }

  /**
   * Whether the domain may be stored in clear: only domains of the table. A user's subdomain names the user, and
   * domains of the registry would change their stored form with every change of the registry.
   */
  isListed(domain: string): boolean {
    return this.#listed.has(domain);
  }
}

function addTo(index: Map<string, string[]>, key: string, provider: string): void {
  const providers = index.get(key);
  if (providers === undefined) index.set(key, [provider]);
  else if (!providers.includes(provider)) providers.push(provider);
}
