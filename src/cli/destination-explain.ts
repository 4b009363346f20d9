import { NETWORK_NAMES } from '../identity/destination/networks.js';
import {
  type DestinationDoubt,
  type DestinationReading,
  readDestination,
} from '../identity/destination/read-destination.js';
import type { ReadTag, TagInput } from '../identity/destination/tags.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

export interface DestinationOptions {
  readonly tag?: string;
  readonly tagType?: string;
  /** It is known that there is none. */
  readonly withoutTag?: boolean;
  readonly json?: boolean;
}

const DOUBTS: Readonly<Record<DestinationDoubt, string>> = {
  NETWORK_ABSENT: 'no network was named, and none is guessed: it is kept as it is',
  NETWORK_UNKNOWN: `the network is not in the table: it is kept as it is; there are ${NETWORK_NAMES.join(', ')}`,
  ADDRESS_UNREADABLE: 'it is no address of this network: it is kept as it is, case and all',
  TAG_UNREADABLE: 'the tag is none of this network: too large, too long, or no number',
  DESTINATION_TAG_CONFLICT: 'the address carries another tag than was named: neither is picked',
  NAME: 'it is a name, which its owner can point elsewhere',
};

/**
 * `holdfast destination explain NETWORK ADDRESS`: how an address is read, so that two spellings of one place can be told.
 *
 * @returns the exit code: 0 it was read, 1 there is a doubt
 * @throws CommandError when the options contradict each other
 */
export function explainDestination(
  network: string,
  address: string,
  options: DestinationOptions,
  terminal: Terminal,
): number {
  const reading = readDestination(network, address, tagOf(options));
  if (options.json) terminal.out(json(reading));
  else tell(reading, terminal);
  return reading.doubt === undefined ? EXIT.ok : EXIT.failed;
}

function tagOf({ tag, tagType, withoutTag }: DestinationOptions): TagInput {
  if (withoutTag === true) {
    if (tag !== undefined) throw new CommandError('give either --tag or --without-tag');
    return { kind: 'none' };
  }
  if (tag === undefined) {
    if (tagType !== undefined) throw new CommandError('--tag-type needs --tag');
    return { kind: 'not-told' };
  }
  return { kind: 'value', value: tag, ...(tagType === undefined ? {} : { type: tagType }) };
}

function tell(
  { network, family, account, tag, isShared, links, doubt, contested }: DestinationReading,
  terminal: Terminal,
): void {
  terminal.out(`network  ${network === '' ? '(none)' : network}`);
  terminal.out(`family   ${family}`);
  terminal.out(`account  ${account}`);
  const tags = contested?.tags.map((one) => tagText(one, isShared)).join(' or ');
  terminal.out(`tag      ${tags ?? tagText(tag, isShared)}`);
  if (links.length > 0) terminal.out(`links    ${links.join(', ')}`);
  if (doubt !== undefined) terminal.out(`${doubt}: ${DOUBTS[doubt]}`);
}

function tagText(tag: ReadTag, isShared: boolean): string {
  switch (tag.kind) {
    case 'value':
      return tag.tag;
    case 'none':
      return isShared ? 'none' : 'none: this network has none';
    case 'not-told':
      return isShared ? 'not told: customers who share this account cannot be told apart' : 'not told';
    case 'unread':
      return 'cannot be read';
    default:
      return tag satisfies never;
  }
}
