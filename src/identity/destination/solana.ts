import { type AccountReader, accountOf } from './account.js';
import { fromBase58 } from './codecs.js';

/** Solana: 32 bytes without a checksum. A token account is not its owner's: only the chain joins them. */
export const readSolana: AccountReader = (text) => {
  if (text.length < 32 || text.length > 44) return undefined;
  const bytes = fromBase58(text);
  return bytes?.length === 32 ? accountOf('key', bytes) : undefined;
};
