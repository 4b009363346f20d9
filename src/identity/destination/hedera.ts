import type { AccountReader, ReadAccount } from './account.js';
import { evmAccount } from './evm.js';

/**
 * Hedera: `0.0.n` with or without its checksum (HIP-15); 20 bytes are that number in a long form, or the alias of a key,
 * which is the same on EVM chains. Which number an alias has, only the ledger tells.
 */
export const readHedera: AccountReader = (text) => {
  const [, id = '', shard, realm, number, checksum] =
    /^((\d{1,10})\.(\d{1,19})\.(\d{1,19}))(?:-([a-z]{5}))?$/.exec(text) ?? [];
  if (shard !== undefined && realm !== undefined && number !== undefined) {
    const account = `${BigInt(shard)}.${BigInt(realm)}.${BigInt(number)}`;
    return checksum === undefined || checksum === checksumOf(id) ? { account } : undefined;
  }
  const [, hex] = /^(?:0\.0\.)?(?:0x)?([0-9a-f]{40})$/i.exec(text) ?? [];
  if (hex !== undefined) return ofHex(hex.toLowerCase());
  const [, key] = /^0\.0\.((?:302a|302d|3021)[0-9a-f]{60,84})$/i.exec(text) ?? [];
  return key === undefined ? undefined : { account: `alias:${key.toLowerCase()}` };
};

function ofHex(hex: string): ReadAccount {
  return hex.startsWith('0'.repeat(24))
    ? { account: `0.0.${BigInt(`0x${hex.slice(24)}`)}` }
    : evmAccount(hex);
}

const A = 'a'.charCodeAt(0);
const CUBE = 26 ** 3;
const FIFTH = 26 ** 5;

/** HIP-15: five letters over the digits of `0.0.n`, the dots counting 10, for the main network (ledger id 0). */
function checksumOf(id: string): string {
  let weighted = 0;
  const sums: [number, number] = [0, 0];
  for (const [index, character] of [...id].entries()) {
    const digit = character === '.' ? 10 : Number(character);
    weighted = (weighted * 31 + digit) % CUBE;
    if (index % 2 === 0) sums[0] = (sums[0] + digit) % 11;
    else sums[1] = (sums[1] + digit) % 11;
  }
  const sum = ((((id.length % 5) * 11 + sums[0]) * 11 + sums[1]) * CUBE + weighted) % FIFTH;
  let rest = (sum * 1_000_003) % FIFTH;
  let letters = '';
  for (let at = 0; at < 5; at++) {
    letters = String.fromCharCode(A + (rest % 26)) + letters;
    rest = Math.floor(rest / 26);
  }
  return letters;
}
