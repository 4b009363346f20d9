import type { AccountReader } from './account.js';

/** Hedera: `0.0.n` with or without its checksum (HIP-15); 20 bytes are that number in a long form, or an alias of a key. */
export const readHedera: AccountReader = (text) => {
  const [, shard, realm, number] = /^(\d{1,10})\.(\d{1,19})\.(\d{1,19})(?:-[a-z]{5})?$/i.exec(text) ?? [];
  if (shard !== undefined && realm !== undefined && number !== undefined) {
    return { account: `${BigInt(shard)}.${BigInt(realm)}.${BigInt(number)}` };
  }
  const [, hex] = /^(?:0\.0\.)?(?:0x)?([0-9a-f]{40})$/i.exec(text) ?? [];
  if (hex !== undefined) {
    return hex.startsWith('0'.repeat(24))
      ? { account: `0.0.${BigInt(`0x${hex.slice(24)}`)}` }
      : { account: `alias:${hex.toLowerCase()}` };
  }
  const [, key] = /^0\.0\.((?:302a|302d|3021)[0-9a-f]{60,84})$/i.exec(text) ?? [];
  return key === undefined ? undefined : { account: `alias:${key.toLowerCase()}` };
};
