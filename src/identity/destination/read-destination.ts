import type { ReadAccount } from './account.js';
import { readName } from './names.js';
import { type Network, networkOf, unknownNetworkName } from './networks.js';
import { type ReadTag, readTag, type TagInput } from './tags.js';

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
  /** Absent: it was read. What has a doubt is never trusted. */
  readonly doubt?: DestinationDoubt;
}

/** Longer texts are no address (the contract refuses them): nothing is decoded. */
const MAX_CHARACTERS = 256;

const NOT_TOLD: TagInput = { kind: 'not-told' };

/**
 * Reads an address by the rule of the named network, and no other: `0x` and 40 digits, or 32 bytes in base 58, mean
 * something else on each. What cannot be read is kept as it is, case and all. Never throws.
 */
export function readDestination(
  networkText: string,
  addressText: string,
  tagInput: TagInput = NOT_TOLD,
): DestinationReading {
  const address = addressText.trim();
  const network = networkOf(networkText);
  if (network === undefined) {
    const name = unknownNetworkName(networkText);
    return {
      network: name,
      family: `network:${name}`,
      account: `text:${address}`,
      tag: untyped(tagInput),
      isShared: false,
      doubt: name === '' ? 'NETWORK_ABSENT' : 'NETWORK_UNKNOWN',
    };
  }
  const read = address.length > MAX_CHARACTERS ? undefined : readAccount(network, address);
  return ofAccount(network, address, read, tagInput);
}

function readAccount(network: Network, address: string): ReadAccount | undefined {
  const account = network.read(address);
  if (account !== undefined) return account;
  const bare = withoutScheme(address, network.schemes);
  return (bare === address ? undefined : network.read(bare)) ?? readName(bare);
}

/** BIP 21 and its like: a scheme in front, and amounts and labels behind a question mark. */
function withoutScheme(address: string, schemes: readonly string[]): string {
  const lower = address.toLowerCase();
  const scheme = schemes.find((candidate) => lower.startsWith(`${candidate}:`));
  const bare = scheme === undefined ? address : address.slice(scheme.length + 1);
  return bare.replace(/^\/\/(?:transfer\/)?/, '').split('?', 1)[0] ?? '';
}

function ofAccount(
  network: Network,
  address: string,
  read: ReadAccount | undefined,
  input: TagInput,
): DestinationReading {
  const { name } = network;
  const family = read?.family ?? network.family;
  const isShared = network.tag !== undefined;
  const tag = network.tag === undefined ? ({ kind: 'none' } as const) : readTag(network.tag, input);
  if (read === undefined) {
    return { network: name, family, account: `text:${address}`, tag, isShared, doubt: 'ADDRESS_UNREADABLE' };
  }
  const joined = joinTags(read, tag);
  if (joined === undefined) {
    // As it is, so that it is neither of the two places.
    return {
      network: name,
      family,
      account: `text:${address}`,
      tag,
      isShared,
      doubt: 'DESTINATION_TAG_CONFLICT',
    };
  }
  const doubt = read.isName ? 'NAME' : joined.kind === 'unread' ? 'TAG_UNREADABLE' : undefined;
  const { account } = read;
  return { network: name, family, account, tag: joined, isShared, ...(doubt === undefined ? {} : { doubt }) };
}

/** The tag of the address and that of the field; undefined if they contradict each other. */
function joinTags({ tag, noTag }: ReadAccount, told: ReadTag): ReadTag | undefined {
  if (tag !== undefined) {
    const isSame = told.kind === 'not-told' || (told.kind === 'value' && told.tag === tag);
    return isSame ? { kind: 'value', tag } : undefined;
  }
  if (noTag === true && told.kind !== 'none') return told.kind === 'not-told' ? { kind: 'none' } : undefined;
  return told;
}

/** Of an unknown network nobody knows what a tag means: as it was told. */
function untyped(input: TagInput): ReadTag {
  return input.kind === 'value' ? { kind: 'value', tag: `${input.type ?? ''}:${input.value}` } : input;
}

/**
 * The text whose keyed digest names the place: equal for two spellings of one place, different for two places. No tag and a
 * tag that was not told are one here: who was not told a tag cannot know two places apart.
 */
export function destinationKey({
  family,
  account,
  tag,
}: DestinationReading): readonly [string, string, string] {
  return [family, account, tag.kind === 'value' ? `#${tag.tag}` : ''];
}
