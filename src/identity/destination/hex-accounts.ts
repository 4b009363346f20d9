import type { AccountReader } from './account.js';
import { paddedHex } from './codecs.js';

/** A number in hex of up to so many digits: leading zeros, 0x and case are spelling. Aptos, Sui, Starknet, Flow. */
export function hexReader(digits: number): AccountReader {
  return (text) => {
    const hex = paddedHex(text, digits);
    return hex === undefined ? undefined : { account: `key:${hex}` };
  };
}
