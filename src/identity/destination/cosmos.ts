import { type AccountReader, accountOf, hexOf } from './account.js';
import { bytesOfWords, fromBech32 } from './codecs.js';

/**
 * An account of a chain of Cosmos' kind: 20 bytes, or 32 of a contract. The same bytes on another chain are another account,
 * of the same key: a weak link.
 */
export function cosmosReader(hrp: string): AccountReader {
  return (text) => {
    const read = fromBech32(text);
    if (read?.hrp !== hrp || read.variant !== 'bech32') return undefined;
    const bytes = bytesOfWords(read.words);
    if (bytes?.length === 20) return { ...accountOf(hrp, bytes), links: [`cosmos-key:${hexOf(bytes)}`] };
    return bytes?.length === 32 ? accountOf(hrp, bytes) : undefined;
  };
}
