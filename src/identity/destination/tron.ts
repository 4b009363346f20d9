import { type AccountReader, hexOf, type ReadAccount } from './account.js';
import { fromBase58Check } from './codecs.js';
import { keccakKeyLink } from './evm.js';

/** First byte of an account. */
const MAIN_NETWORK = 0x41;

/** TRON: `T...`, or its 21 bytes in hex, or the 20 behind the first. */
export const readTron: AccountReader = (text) => {
  const [, hex] = /^(?:0x)?(?:41)?([0-9a-f]{40})$/i.exec(text) ?? [];
  if (hex !== undefined) return ofKey(hex.toLowerCase());
  const bytes = fromBase58Check(text);
  return bytes?.length === 21 && bytes[0] === MAIN_NETWORK ? ofKey(hexOf(bytes.subarray(1))) : undefined;
};

function ofKey(key: string): ReadAccount {
  return { account: `key:${key}`, links: [keccakKeyLink(key)] };
}
