import type { AccountReader } from './account.js';
import { paddedHex } from './codecs.js';

/** A number in hex of up to so many digits: leading zeros, 0x and case are spelling. Aptos, Sui, Flow. */
export function hexReader(digits: number): AccountReader {
  return (text) => {
    const hex = paddedHex(text, digits);
    return hex === undefined ? undefined : { account: `key:${hex}` };
  };
}

const read64 = hexReader(64);

/** Starknet: a number below 2^251. Capitals are a checksum that its tools do not insist on. */
export const readStarknet: AccountReader = (text) => {
  const read = read64(text);
  return read !== undefined && /^key:0[0-7]/.test(read.account) ? read : undefined;
};
