import { type AccountReader, accountOf, hexOf } from './account.js';
import { bytesOfBech32 } from './codecs.js';

/**
 * An account of a chain of Cosmos' kind: 20 bytes, or 32 of a contract. The same bytes on another chain are another account,
 * of the same key: a weak link.
 */
export function cosmosReader(hrp: string): AccountReader {
  return (text) => {
    const bytes = bytesOfBech32(text, hrp, 'bech32');
    if (bytes?.length === 20) return { ...accountOf(hrp, bytes), links: [`cosmos-key:${hexOf(bytes)}`] };
    return bytes?.length === 32 ? accountOf(hrp, bytes) : undefined;
  };
}
