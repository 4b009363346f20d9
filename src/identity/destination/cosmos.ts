import { type AccountReader, accountOf } from './account.js';
import { bytesOfWords, fromBech32 } from './codecs.js';

/** An account of a chain of Cosmos' kind: 20 bytes, or 32 of a contract. The same bytes elsewhere are another account. */
export function cosmosReader(hrp: string): AccountReader {
  return (text) => {
    const read = fromBech32(text);
    if (read?.hrp !== hrp || read.variant !== 'bech32') return undefined;
    const bytes = bytesOfWords(read.words);
    return bytes?.length === 20 || bytes?.length === 32 ? accountOf(hrp, bytes) : undefined;
  };
}
