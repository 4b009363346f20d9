import type { DestinationDoubt } from '../../decision/vocabulary.js';
import type { BareDestination, ListPseudonyms, NamedDestination, ToldTag } from '../list-pseudonyms.js';

/** The keys under which `decide` looks a listed destination up, and what is wrong with the entry. */
export interface ListedDestination {
  readonly keys: readonly string[];
  /** It cannot do what it says. */
  readonly problem?: string;
  /** It does more than most people mean. */
  readonly note?: string;
}

interface WrittenDestination {
  readonly network: string;
  readonly address: string;
  /** What stands behind `#`; undefined if nothing does. */
  readonly tag: string | undefined;
}

/** `any`: whatever the tag. Undefined: the entry does not say. */
type ListedTag = ToldTag | 'any' | undefined;

const WRITTEN = /^([^:#]+):([^#]+)(?:#(.*))?$/s;
const TYPED_TAG = /^(id|text|hash|return):(.+)$/s;

/** `network:address`, `network:address#TAG`, `network:address#` (known to be none), `network:address#*` (any). */
function readWritten(value: string): WrittenDestination | undefined {
  const [, network, address, tag] = WRITTEN.exec(value) ?? [];
  if (network === undefined || address === undefined) return undefined;
  return { network, address, tag };
}

/** @param hasTypes on networks without them `id:7` is a text */
function listedTag(tag: string | undefined, hasTypes: boolean): ListedTag {
  if (tag === undefined) return undefined;
  if (tag === '*') return 'any';
  if (tag === '') return { kind: 'none' };
  const [, type, value] = TYPED_TAG.exec(tag) ?? [];
  return type === undefined || value === undefined || !hasTypes
    ? { kind: 'value', value: tag }
    : { kind: 'value', value, type };
}

const DOUBTS: Readonly<Record<DestinationDoubt, string>> = {
  NETWORK_ABSENT: 'names no network',
  NETWORK_UNKNOWN:
    'names a network that we do not know, so that no request can mean it: `holdfast destination explain` lists them',
  ADDRESS_UNREADABLE:
    'is no address of this network, so that no request can mean it; write `network:address`, with the network first',
  TAG_UNREADABLE: 'has a tag that is none of this network: too large, too long, or no number',
  TAG_CONFLICT: 'has a tag in the address that is not the one behind `#`',
  NAME: 'is a name, which its owner can point elsewhere: list the address',
};

/** Compiles the value of an entry. What it is listed for says which of its names count. */
export function listedDestination(
  value: string,
  effect: 'deny' | 'trust',
  pseudonyms: ListPseudonyms,
): ListedDestination {
  const written = readWritten(value);
  if (written === undefined) return { keys: [], problem: 'is not a destination: write `network:address`' };
  const { network, address } = written;
  const untagged = pseudonyms.destination(network, address);
  const tag = listedTag(written.tag, untagged.hasTagTypes === true);
  const told = tag === 'any' ? undefined : tag;
  const names = told === undefined ? untagged : pseudonyms.destination(network, address, told);
  if (effect === 'trust') return trusted(names, tag);
  return denied(names, pseudonyms.bareDestination(address, told), tag);
}

function denied(
  names: NamedDestination,
  { bareId, bareTagId }: BareDestination,
  tag: ListedTag,
): ListedDestination {
  const { id, accountId, formerId, doubt } = names;
  const hasTags = names.tag !== undefined;
  // A name can be denied as a name: whoever is paid by it is not said.
  const problem = doubt === undefined || doubt === 'NAME' ? undefined : DOUBTS[doubt];
  // A request that does not say its network must not pass for that: the address alone is denied too.
  const found = problem === undefined ? {} : { problem };
  if (tag !== undefined && tag !== 'any') {
    if (!hasTags && doubt === undefined) {
      return { keys: [id, bareId], problem: 'has a tag, and its network has none: leave out `#`' };
    }
    return { keys: [id, bareTagId], ...found };
  }
  const keys = [id, accountId, formerId, bareId];
  if (!hasTags || problem !== undefined) return { keys, ...found };
  if (names.tag === 'VALUE') return { keys: tag === 'any' ? keys : [id, formerId, bareId] };
  return {
    keys,
    note:
      tag === 'any'
        ? 'denies every customer of whoever holds this account: on this network many share one, told apart by the tag'
        : 'says no tag, and so denies every customer of whoever holds this account: write `#TAG`, `#` for none, or `#*`',
  };
}

function trusted(names: NamedDestination, tag: ListedTag): ListedDestination {
  const { trustId, formerId, doubt } = names;
  const keys = trustId === undefined ? [] : [trustId];
  // What was listed without a tag goes on as before: where none is told.
  if (tag === undefined) keys.push(formerId);
  if (tag === 'any') return { keys, problem: 'trusts whatever the tag: name the one with `#TAG`' };
  if (doubt !== undefined) return { keys, problem: DOUBTS[doubt] };
  if (tag !== undefined && names.tag === undefined) {
    return { keys, problem: 'has a tag, and its network has none: leave out `#`' };
  }
  if (names.tag === 'NOT_TOLD') {
    return {
      keys,
      problem:
        'says no tag, and on this network many customers share one account: write `#TAG`, or `#` where there is none',
    };
  }
  return { keys };
}
