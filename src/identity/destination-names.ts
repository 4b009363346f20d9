import type { DestinationDoubt, DestinationTag, Pseudonym } from '../decision/vocabulary.js';
import { networkOf } from './destination/networks.js';
import {
  type DestinationReading,
  destinationKey,
  type DestinationDoubt as ReadingDoubt,
  readDestination,
} from './destination/read-destination.js';
import type { TagInput } from './destination/tags.js';
import { destinationSuffix, normaliseDestination } from './destination-address.js';
import type { DigestPurpose } from './keyed-digest.js';

/** The keyed names of a destination. See `DestinationFacts`. */
export interface DestinationNames {
  readonly id: Pseudonym;
  readonly accountId: Pseudonym;
  readonly trustId?: Pseudonym;
  readonly formerId: Pseudonym;
  /** Ids of the places that it may be: where tags contradict each other, or nobody knows the network. */
  readonly contestedIds?: readonly Pseudonym[];
  /** Of weak links: see `DestinationReading.links`. */
  readonly linkIds?: readonly Pseudonym[];
  readonly suffix: string;
  readonly doubt?: DestinationDoubt;
  readonly tag?: DestinationTag;
  /** Tags of this network have types. */
  readonly hasTagTypes?: boolean;
}

/** What an address is denied by where no network is named that we know. */
export interface BareNames {
  /** The text alone. */
  readonly bareId: Pseudonym;
  /** The text with its tag. None and not told are one. */
  readonly bareTagId: Pseudonym;
}

const NOT_TOLD: TagInput = { kind: 'not-told' };

/** Forms a tenant's pseudonym of a purpose. */
export type Name = (purpose: DigestPurpose, ...parts: readonly string[]) => Pseudonym;

/** Reads a destination and names the place, its account, and the text. Never throws. */
export function destinationNames(
  name: Name,
  network: string,
  address: string,
  told: TagInput,
): DestinationNames {
  const reading = readDestination(network, address, told);
  const normal = normaliseDestination(address);
  const doubt = doubtOf(reading.doubt);
  const tag = tagOf(reading);
  const [family, account, exact] = destinationKey(reading);
  const bare = isNetworkKnown(reading) ? undefined : bareNames(name, address, told);
  const contestedIds = bare === undefined ? contestedIdsOf(name, reading) : [bare.bareTagId];
  return {
    id: name('place', family, account, exact),
    accountId: bare?.bareId ?? name('place-account', family, reading.contested?.account ?? account),
    formerId: name('destination', network.trim().toLowerCase(), normal),
    suffix: destinationSuffix(normal),
    ...(doubt === undefined &&
      tag !== 'NOT_TOLD' && {
        trustId: name('place-on-network', reading.network, family, account, exact),
      }),
    ...(contestedIds !== undefined && { contestedIds }),
    ...(reading.links.length > 0 && { linkIds: reading.links.map((link) => name('place-link', link)) }),
    ...(doubt !== undefined && { doubt }),
    ...(tag !== undefined && { tag }),
    ...(networkOf(network)?.tag === 'stellar-memo' && { hasTagTypes: true }),
  };
}

/** The names of an address on no network. Types of tags are the networks', so none counts here. */
export function bareNames(name: Name, address: string, told: TagInput = NOT_TOLD): BareNames {
  const normal = normaliseDestination(address);
  const tag = told.kind === 'value' ? `#${told.value.trim().replace(/^0+(?=\d)/, '')}` : '';
  return { bareId: name('destination', '', normal), bareTagId: name('destination', '', normal, tag) };
}

function isNetworkKnown({ doubt }: DestinationReading): boolean {
  return doubt !== 'NETWORK_ABSENT' && doubt !== 'NETWORK_UNKNOWN';
}

function contestedIdsOf(name: Name, reading: DestinationReading): readonly Pseudonym[] | undefined {
  const { contested } = reading;
  return contested?.tags.map((tag) =>
    name('place', ...destinationKey({ ...reading, account: contested.account, tag })),
  );
}

function doubtOf(doubt: ReadingDoubt | undefined): DestinationDoubt | undefined {
  return doubt === 'DESTINATION_TAG_CONFLICT' ? 'TAG_CONFLICT' : doubt;
}

function tagOf({ isShared, tag, contested }: DestinationReading): DestinationTag | undefined {
  if (!isShared) return undefined;
  if (contested !== undefined) return 'VALUE';
  switch (tag.kind) {
    case 'none':
      return 'NONE';
    case 'not-told':
      return 'NOT_TOLD';
    case 'value':
    case 'unread':
      return 'VALUE';
    default:
      return tag satisfies never;
  }
}
