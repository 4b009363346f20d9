import { TwoQueueCache } from '../cache/two-queue-cache.js';
import type { MailboxLink } from '../decision/evidence.js';
import type { Channel, Pseudonym, SignalType, UnixMs } from '../decision/vocabulary.js';
import { boundedText } from './bounded-text.js';
import type { TagInput } from './destination/tags.js';
import {
  type BareNames,
  bareNames,
  type DestinationNames,
  destinationNames,
  type Name,
} from './destination-names.js';
import { normaliseIp } from './ip-address.js';
import { type DigestPurpose, framed, shortKeyedDigest } from './keyed-digest.js';
import { type HmacKey, type Keyring, KeyringError } from './keyring.js';
import type { MailAddress } from './mail-address.js';
import { eventAliases, mailboxAliases, pairAlias } from './mailbox-aliases.js';
import { readOpaqueSubject } from './opaque-subject.js';
import type { OperatorDirectory } from './operator-directory.js';

/** Part of the cache for alias sets; the rest is for short digests. */
const MAILBOX_CACHE_SHARE = 0.75;

/** Half of the rest is for destinations: their keyed names, by the text that named them. */
const DESTINATION_CACHE_SHARE = 0.125;

/** Below this the caches would hold too little to be worth their keep. */
const MIN_CACHE_BYTES = 65_536;

/** What a cached entry costs beside its characters: map slot, list links, object and string headers. An estimate. */
const ENTRY_OVERHEAD_BYTES = 256;
const ALIAS_OVERHEAD_BYTES = 80;

/** Names of a destination: four, a suffix and two words. */
const DESTINATION_NAMES_BYTES = 320;
/** Each place that it may be, and each link. */
const FURTHER_ID_BYTES = 64;

const NOT_TOLD: TagInput = { kind: 'not-told' };

const NO_PROVIDERS: readonly string[] = [];

export interface PseudonymsOptions {
  /** Bytes that clear identifiers and their pseudonyms may take in memory, estimated; less than 64 KiB counts as 64 KiB. */
  readonly cacheBytes: number;
}

/** What makes two reports one signal: the exchange's id, or what it is about if the exchange gave none. */
export type SignalIdentity =
  | { readonly kind: 'named'; readonly signalId: string }
  | {
      readonly kind: 'described';
      readonly accountId: string;
      readonly type: SignalType;
      readonly occurredAt: UnixMs;
      readonly channel?: Channel;
      /** Named by the exact form of its address, or by the text where that cannot be read. */
      readonly mailbox?: Pick<MailAddress, 'exact'>;
      /** Two factors enrolled in one second are two signals. */
      readonly factor?: { readonly channel: Channel; readonly factorId: string };
    };

export type SubjectReading =
  | { readonly kind: 'alias'; readonly alias: Pseudonym }
  /** Not `hmac-sha256:<key id>:<base64url>`, or under a key that is not one of the provider's live pair keys. */
  | { readonly kind: 'refused'; readonly cause: 'malformed' | 'unknown-key' };

/**
 * Turns clear identifiers into keyed pseudonyms. One a process: its caches hold clear identifiers, in memory only.
 * Private fields are true ones, so that no serialisation or inspection of this object reaches them.
 *
 * Mailbox aliases name their key: `m:<match key id>:<HMAC>` or `p:<provider>:<pair key id>:<HMAC>`. All other
 * pseudonyms are 22 characters (128 bits).
 */
export class Pseudonyms {
  readonly #mailboxes: TwoQueueCache<Omit<MailboxLink, 'lastUsedAt'>>;
  readonly #digests: TwoQueueCache<string>;
  readonly #destinations: TwoQueueCache<DestinationNames>;
  #keyring: Keyring;
  #directory: OperatorDirectory;
  /** By what {@link domain} gives for each domain that the registry names. */
  #providersByDomain: ReadonlyMap<string, readonly string[]>;

  constructor(keyring: Keyring, directory: OperatorDirectory, options: PseudonymsOptions) {
    const cacheBytes = Math.max(options.cacheBytes, MIN_CACHE_BYTES);
    const mailboxBytes = Math.floor(cacheBytes * MAILBOX_CACHE_SHARE);
    this.#mailboxes = new TwoQueueCache(mailboxBytes);
    const destinationBytes = Math.floor(cacheBytes * DESTINATION_CACHE_SHARE);
    this.#destinations = new TwoQueueCache(destinationBytes);
    this.#digests = new TwoQueueCache(cacheBytes - mailboxBytes - destinationBytes);
    this.#keyring = keyring;
    this.#directory = directory;
    this.#providersByDomain = this.#indexRegisteredDomains();
  }

  /** Takes up other keys or another registry. Nothing computed before is handed out afterwards. */
  update(keyring: Keyring, directory: OperatorDirectory): void {
    this.#keyring = keyring;
    this.#directory = directory;
    this.#mailboxes.clear();
    this.#digests.clear();
    this.#destinations.clear();
    this.#providersByDomain = this.#indexRegisteredDomains();
  }

  get directory(): OperatorDirectory {
    return this.#directory;
  }

  /**
   * A mailbox by all aliases under which events about it may come: its exact form and what that folds to, under each
   * live match key and each live pair key of the providers that may speak of its domain.
   */
  mailbox(address: MailAddress, now: UnixMs): MailboxLink {
    let known = this.#mailboxes.get(address.exact);
    if (known === undefined) {
      known = this.#linkOf(address);
      this.#mailboxes.add(address.exact, known, mailboxEntryBytes(known, address.exact));
    }
    // Written out: for every withdrawal, a spread would cost more than the look-up.
    const { alias, aliases, domain, operator } = known;
    if (operator === undefined) return { alias, aliases, domain, lastUsedAt: now };
    return { alias, aliases, domain, operator, lastUsedAt: now };
  }

  /**
   * The aliases under which an event about a clear address is to be found, newest match key first. An event that came
   * under one of them must be found under all.
   */
  eventAliases(address: MailAddress): readonly Pseudonym[] {
    return eventAliases(address, this.#directory.operatorOf(address.domain), this.#keyring);
  }

  /** The alias named by the opaque subject of a provider's event. */
  subjectAlias(provider: string, opaqueId: string): SubjectReading {
    const subject = readOpaqueSubject(opaqueId);
    if (subject === undefined) return { kind: 'refused', cause: 'malformed' };
    const keys = this.#keyring.pairKeys.get(provider) ?? [];
    if (!keys.some(({ id }) => id === subject.keyId)) return { kind: 'refused', cause: 'unknown-key' };
    return { kind: 'alias', alias: pairAlias(provider, subject.keyId, subject.digest) };
  }

  /** Registry ids of the providers that may speak of this mailbox. Costs two look-ups: for every withdrawal. */
  providersOf(link: Pick<MailboxLink, 'domain' | 'operator'>): readonly string[] {
    const byOperator = this.#directory.providersFor('', link.operator);
    const byDomain = this.#providersByDomain.get(link.domain) ?? NO_PROVIDERS;
    if (byDomain.length === 0) return byOperator;
    if (byOperator.length === 0) return byDomain;
    return [...new Set([...byOperator, ...byDomain])];
  }

  /** A mail domain as stored: in clear if it is an operator's of the table, else `d:` and its pseudonym. */
  domain(domain: string): string {
    if (this.#directory.isListed(domain)) return domain;
    return `d:${this.#digest(this.#keyring.lastingKey, 'domain', [domain])}`;
  }

  /** @throws KeyringError code `TENANT_KEY_MISSING` */
  device(tenant: string, deviceId: string): Pseudonym {
    return this.#digest(this.#tenantKey(tenant), 'device', [tenant, deviceId]);
  }

  /**
   * A factor of a tenant's customer, by the exchange's own id of it: the same for as long as the deployment lives. After a
   * rotation of the tenant's key a signal would not be known any more as one about the factor that a request names.
   */
  factor(tenant: string, factorId: string): Pseudonym {
    return this.#digest(this.#keyring.lastingKey, 'factor', [tenant, factorId]);
  }

  /**
   * @returns undefined if the text is no IP address
   * @throws KeyringError code `TENANT_KEY_MISSING`
   */
  ip(tenant: string, text: string): Pseudonym | undefined {
    const address = normaliseIp(text);
    if (address === undefined) return undefined;
    return this.#digest(this.#tenantKey(tenant), 'ip', [tenant, address]);
  }

  /**
   * A withdrawal's destination, read by the rule of its network: the keyed names of the place, and the last characters for
   * people. What cannot be read is named as it is written.
   *
   * @throws KeyringError code `TENANT_KEY_MISSING`
   */
  destination(
    tenant: string,
    network: string,
    addressText: string,
    toldTag: TagInput = NOT_TOLD,
  ): DestinationNames {
    const address = boundedText(addressText);
    const told = boundedTag(toldTag);
    const text = framed('destination', [tenant, network, address, ...tagParts(told)]);
    let names = this.#destinations.get(text);
    if (names === undefined) {
      names = destinationNames(this.#namesOf(tenant), network, address, told);
      const further = (names.contestedIds?.length ?? 0) + (names.linkIds?.length ?? 0);
      const namesBytes = DESTINATION_NAMES_BYTES + further * FURTHER_ID_BYTES;
      this.#destinations.add(text, names, ENTRY_OVERHEAD_BYTES + namesBytes + text.length);
    }
    return names;
  }

  /**
   * What an address is denied by where a request names no network that we know. For lists: not cached.
   *
   * @throws KeyringError code `TENANT_KEY_MISSING`
   */
  bareDestination(tenant: string, address: string, told?: TagInput): BareNames {
    return bareNames(this.#namesOf(tenant), boundedText(address), told && boundedTag(told));
  }

  /** The digest of a withdrawal id, the same for as long as the deployment lives. */
  withdrawal(tenant: string, withdrawalId: string): string {
    return this.#digest(this.#keyring.lastingKey, 'withdrawal', [tenant, withdrawalId]);
  }

  /** The digest of a signal's identity, the same for as long as the deployment lives. Rarely asked twice: not cached. */
  signalId(tenant: string, identity: SignalIdentity): Pseudonym {
    return shortKeyedDigest(this.#keyring.lastingKey, framed('signal', [tenant, ...identityParts(identity)]));
  }

  /**
   * The digest of the content of a request or signal, by which a repeated one is known from another one under its id.
   * The content may hold clear identifiers, and should rather than pseudonyms: those change with a rotation.
   */
  contentDigest(tenant: string, content: string): string {
    return shortKeyedDigest(this.#keyring.lastingKey, framed('content', [tenant, content]));
  }

  #linkOf(address: MailAddress): Omit<MailboxLink, 'lastUsedAt'> {
    const operator = this.#directory.operatorOf(address.domain);
    const aliases = mailboxAliases(address, operator, this.#keyring, this.#directory);
    return {
      alias: aliases[0].alias,
      aliases,
      domain: this.domain(address.domain),
      ...(operator === undefined ? {} : { operator }),
    };
  }

  #digest(key: HmacKey, purpose: DigestPurpose, parts: readonly string[]): string {
    const text = framed(purpose, parts);
    let digest = this.#digests.get(text);
    if (digest === undefined) {
      digest = shortKeyedDigest(key, text);
      this.#digests.add(text, digest, digestEntryBytes(digest, text));
    }
    return digest;
  }

  #namesOf(tenant: string): Name {
    const key = this.#tenantKey(tenant);
    return (purpose, ...parts) => shortKeyedDigest(key, framed(purpose, [tenant, ...parts]));
  }

  #tenantKey(tenant: string): HmacKey {
    const key = this.#keyring.tenantKeys.get(tenant)?.[0];
    if (key === undefined) throw new KeyringError('TENANT_KEY_MISSING', 'the tenant has no keys');
    return key;
  }

  #indexRegisteredDomains(): ReadonlyMap<string, readonly string[]> {
    const index = new Map<string, readonly string[]>();
    for (const [domain, providers] of this.#directory.registeredDomains()) {
      index.set(this.domain(domain), providers);
    }
    return index;
  }
}

function boundedTag(told: TagInput): TagInput {
  return told.kind === 'value' ? { ...told, value: boundedText(told.value) } : told;
}

function tagParts(told: TagInput): readonly string[] {
  return told.kind === 'value' ? ['value', told.value, told.type ?? ''] : [told.kind];
}

function identityParts(identity: SignalIdentity): readonly string[] {
  switch (identity.kind) {
    case 'named':
      return ['named', identity.signalId];
    case 'described':
      return [
        'described',
        identity.accountId,
        identity.type,
        String(identity.occurredAt),
        identity.channel ?? '',
        // The clear address under a key that never rotates: an alias would make it another signal after a rotation.
        identity.mailbox?.exact ?? '',
        // Signals without a factor keep the digest that they had.
        ...(identity.factor === undefined ? [] : [identity.factor.channel, identity.factor.factorId]),
      ];
    default: {
      const unhandled: never = identity;
      return unhandled;
    }
  }
}

function mailboxEntryBytes(link: Omit<MailboxLink, 'lastUsedAt'>, exact: string): number {
  let bytes = ENTRY_OVERHEAD_BYTES + exact.length + link.domain.length;
  for (const { alias } of link.aliases) bytes += ALIAS_OVERHEAD_BYTES + alias.length;
  return bytes;
}

function digestEntryBytes(digest: string, text: string): number {
  return ENTRY_OVERHEAD_BYTES + digest.length + text.length;
}
