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
  /** Ids of the places that it may be, where tags contradict each other. */
  readonly contestedIds?: readonly Pseudonym[];
  /** Of the address as text on no network: what is denied where no network is named that we know. */
  readonly bareId: Pseudonym;
  readonly suffix: string;
  readonly doubt?: DestinationDoubt;
  readonly tag?: DestinationTag;
  /** Tags of this network have types. */
  readonly hasTagTypes?: boolean;
}

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
  const bareId = name('destination', '', normal);
  const doubt = doubtOf(reading.doubt);
  const tag = tagOf(reading);
  const [family, account, exact] = destinationKey(reading);
  const { contested } = reading;
  const isNetworkKnown = doubt !== 'NETWORK_ABSENT' && doubt !== 'NETWORK_UNKNOWN';
  return {
    id: name('place', family, account, exact),
    accountId: isNetworkKnown ? name('place-account', family, contested?.account ?? account) : bareId,
    formerId: name('destination', network.trim().toLowerCase(), normal),
    bareId,
    suffix: destinationSuffix(normal),
    ...(doubt === undefined &&
      tag !== 'NOT_TOLD' && {
        trustId: name('place-on-network', reading.network, family, account, exact),
      }),
    ...(contested !== undefined && {
      contestedIds: contested.tags.map((one) =>
        name('place', ...destinationKey({ ...reading, account: contested.account, tag: one })),
      ),
    }),
    ...(doubt !== undefined && { doubt }),
    ...(tag !== undefined && { tag }),
    ...(networkOf(network)?.tag === 'stellar-memo' && { hasTagTypes: true }),
  };
}

function doubtOf(doubt: ReadingDoubt | undefined): DestinationDoubt | undefined {
  return doubt === 'DESTINATION_TAG_CONFLICT' ? 'TAG_CONFLICT' : doubt;
}

function tagOf({ isShared, tag }: DestinationReading): DestinationTag | undefined {
  if (!isShared) return undefined;
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
