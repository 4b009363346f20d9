import type { ReadAccount } from './account.js';
import { readName } from './names.js';
import { unknownNetworkName } from './network-names.js';
import { type Network, networkOf } from './networks.js';
import { type ReadTag, readTag, type TagInput } from './tags.js';
import { trimmed } from './trimmed.js';
import { readUri } from './uri.js';

/** Why a destination could not be read, or only in part. */
export type DestinationDoubt =
  | 'NETWORK_ABSENT'
  | 'NETWORK_UNKNOWN'
  | 'ADDRESS_UNREADABLE'
  /** The tag is none of the network's: too large, no number. */
  | 'TAG_UNREADABLE'
  /** The address carries a tag, and the field says another. Nothing is picked. */
  | 'DESTINATION_TAG_CONFLICT'
  /** A name that its owner can point elsewhere. */
  | 'NAME';

/** One place, whatever its spelling. */
export interface DestinationReading {
  /** Name of the network in the table; as it was written if it is not there; empty if none was named. */
  readonly network: string;
  /** Deny lists and evidence are by family, account and tag. */
  readonly family: string;
  readonly account: string;
  readonly tag: ReadTag;
  /** Many accounts of one exchange may stand behind it, told apart by the tag alone. */
  readonly isShared: boolean;
  /**
   * Weak links: destinations that share one of these texts are likely one person's, but other places: the key behind
   * accounts of several Cosmos or Substrate chains, or of TRON and EVM chains; Cardano's stake part. Offered as evidence;
   * nothing is joined, denied or trusted by it.
   */
  readonly links: readonly string[];
  /** Absent: it was read. What has a doubt is never trusted. */
  readonly doubt?: DestinationDoubt;
  /** Where tags contradict each other: the account, and what was told of its tag. It may be any of these places. */
  readonly contested?: { readonly account: string; readonly tags: readonly ReadTag[] };
}

/** Longer texts are no address: nothing is decoded. Invoices of Lightning and requests with labels are the longest. */
const MAX_CHARACTERS = 1_024;

/**
 * A text that names more different tags than these names no place: each would be looked up where something is denied, and
 * whoever writes the text may name any number.
 */
const MAX_TAGS = 4;

const NOT_TOLD = { kind: 'not-told' } as const;
const NO_LINKS: readonly string[] = [];

/**
 * Reads an address by the rule of the named network, and no other: `0x` and 40 digits, or 32 bytes in base 58, mean
 * something else on each. What cannot be read is kept as it is, case and all. Never throws.
 */
export function readDestination(
  networkText: string,
  addressText: string,
  tagInput: TagInput = NOT_TOLD,
): DestinationReading {
  const address = trimmed(addressText);
  const network = networkOf(networkText);
  if (network === undefined) {
    const name = unknownNetworkName(networkText);
    return {
      network: name,
      family: `network:${name}`,
      account: `text:${address}`,
      tag: untyped(tagInput),
      isShared: false,
      links: NO_LINKS,
      doubt: name === '' ? 'NETWORK_ABSENT' : 'NETWORK_UNKNOWN',
    };
  }
  const found = address.length > MAX_CHARACTERS ? undefined : findAccount(network, address);
  return ofAccount(network, address, found, tagInput);
}

/** An account, and the tags that the text around it names. */
interface FoundAccount {
  readonly read: ReadAccount;
  readonly tags: readonly TagInput[];
}

function findAccount(network: Network, address: string): FoundAccount | undefined {
  // First as it stands: in CashAddr, EIP-681 and TON's raw form the colon is the address's own.
  const plain = network.read(address);
  if (plain !== undefined) return { read: plain, tags: [] };
  const uri = readUri(address, network);
  const read = (uri.address === address ? undefined : network.read(uri.address)) ?? readName(uri.address);
  return read === undefined ? undefined : { read, tags: uri.tags };
}

function ofAccount(
  network: Network,
  address: string,
  found: FoundAccount | undefined,
  input: TagInput,
): DestinationReading {
  const { name } = network;
  const read = found?.read;
  const family = read?.family ?? network.family;
  const isShared = network.tag !== undefined;
  const told = tagOn(network, input);
  const asItIs = { network: name, family, account: `text:${address}`, tag: told, isShared, links: NO_LINKS };
  if (found === undefined || read === undefined) return { ...asItIs, doubt: 'ADDRESS_UNREADABLE' };
  const tags = different([told, carriedTag(read), ...found.tags.map((one) => tagOn(network, one))]);
  const [tag = NOT_TOLD] = tags;
  if (tags.length > MAX_TAGS) return { ...asItIs, doubt: 'ADDRESS_UNREADABLE' };
  // As it is, so that it is none of these places.
  if (tags.length > 1) {
    return { ...asItIs, doubt: 'DESTINATION_TAG_CONFLICT', contested: { account: read.account, tags } };
  }
  const { account, links = NO_LINKS } = read;
  const doubt = read.isName ? 'NAME' : tag.kind === 'unread' ? 'TAG_UNREADABLE' : undefined;
  return { network: name, family, account, tag, isShared, links, ...(doubt === undefined ? {} : { doubt }) };
}

/** Where nothing tells the customers of one account apart, whatever is told is none. */
function tagOn(network: Network, input: TagInput): ReadTag {
  return network.tag === undefined ? { kind: 'none' } : readTag(network.tag, input, network.tagBytes);
}

function carriedTag({ tag, noTag }: ReadAccount): ReadTag {
  if (tag !== undefined) return { kind: 'value', tag };
  return { kind: noTag === true ? 'none' : 'not-told' };
}

/** What was said of the tag, each once. Who says nothing contradicts nobody. */
function different(tags: readonly ReadTag[]): readonly ReadTag[] {
  const byKey = new Map<string, ReadTag>();
  for (const tag of tags) if (tag.kind !== 'not-told') byKey.set(tagKey(tag), tag);
  return [...byKey.values()];
}

/** Of an unknown network nobody knows what a tag means: as it was told. */
function untyped(input: TagInput): ReadTag {
  return input.kind === 'value' ? { kind: 'value', tag: `${input.type ?? ''}:${input.value}` } : input;
}

/** No tag and a tag that was not told are one here: who was not told a tag cannot know two places apart. */
function tagKey(tag: ReadTag): string {
  switch (tag.kind) {
    case 'value':
      return `#${tag.tag}`;
    case 'unread':
      return `?${tag.text}`;
    case 'none':
    case 'not-told':
      return '';
    default:
      return tag satisfies never;
  }
}

/** The text whose keyed digest names the place: equal for two spellings of one place, different for two places. */
export function destinationKey({
  family,
  account,
  tag,
}: DestinationReading): readonly [string, string, string] {
  return [family, account, tagKey(tag)];
}
