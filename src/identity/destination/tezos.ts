import { type AccountReader, accountOf } from './account.js';
import { fromBase58Check } from './codecs.js';

/** Three bytes in front of a hash, by what it is the hash of. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['6,161,159', 'tz1'],
  ['6,161,161', 'tz2'],
  ['6,161,164', 'tz3'],
  ['6,161,166', 'tz4'],
  ['2,90,121', 'KT1'],
  ['6,124,117', 'sr1'],
]);

/** Tezos: what stands behind `%` names an entry point of the same contract. */
export const readTezos: AccountReader = (text) => {
  const bytes = fromBase58Check(text.split('%', 1)[0] ?? '');
  const kind = bytes?.length === 23 ? KINDS.get(bytes.subarray(0, 3).join(',')) : undefined;
  return bytes === undefined || kind === undefined ? undefined : accountOf(kind, bytes.subarray(3));
};
