import { type AccountReader, accountOf, firstOf } from './account.js';
import { bytesOfWords, fromBech32 } from './codecs.js';
import { readEvm } from './evm.js';

/** Avalanche: the letter names one of three chains, and is part of the place; without it nobody knows which. */
export const readAvalanche: AccountReader = firstOf(readEvm, (text) => {
  const [, letter, rest] = /^([XPC])-(avax1[0-9a-z]+)$/i.exec(text) ?? [];
  if (letter === undefined || rest === undefined) return undefined;
  const read = fromBech32(rest);
  const bytes = read?.hrp === 'avax' && read.variant === 'bech32' ? bytesOfWords(read.words) : undefined;
  return bytes?.length === 20 ? accountOf(letter.toUpperCase(), bytes) : undefined;
});
