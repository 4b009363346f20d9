import { type AccountReader, accountOf, firstOf } from './account.js';
import { bytesOfBech32 } from './codecs.js';
import { readEvm } from './evm.js';

/**
 * Avalanche: the letter names one of three chains, and is part of the place; without it nobody knows which.
 *
 * @param chain the one that the network's name says, if it says one: letters may be missing then, and no other may stand there
 */
export function avalancheReader(chain?: 'X' | 'P'): AccountReader {
  const native: AccountReader = (text) => {
    const [, letter = chain, rest] = /^(?:([XPC])-)?(avax1[0-9a-z]+)$/i.exec(text) ?? [];
    if (letter === undefined || rest === undefined) return undefined;
    if (chain !== undefined && letter.toUpperCase() !== chain) return undefined;
    const bytes = bytesOfBech32(rest, 'avax', 'bech32');
    return bytes?.length === 20 ? accountOf(letter.toUpperCase(), bytes) : undefined;
  };
  return chain === undefined ? firstOf(readEvm, native) : native;
}
