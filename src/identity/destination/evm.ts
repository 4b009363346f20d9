import { type AccountReader, firstOf, type ReadAccount } from './account.js';
import { bytesOfWords, fromBech32 } from './codecs.js';

/** One family for all EVM chains: one key has one account on each of them. */
export const EVM_FAMILY = 'evm';

const DIGITS = /^(?:0x)?([0-9a-f]{40})$/i;

/** 20 bytes in hex; capitals are a checksum (EIP-55, EIP-1191), which some chains count otherwise: not looked at. */
export const readEvm: AccountReader = firstOf(plain, eip681, icap, shortName);

function evmAccount(hex: string): ReadAccount {
  return { account: `key:${hex.toLowerCase()}`, family: EVM_FAMILY };
}

function plain(text: string): ReadAccount | undefined {
  const [, hex] = DIGITS.exec(text) ?? [];
  return hex === undefined ? undefined : evmAccount(hex);
}

/** `ethereum:0x...@1?value=1`; of a token's `transfer` the payee is the parameter `address`, not the target. */
function eip681(text: string): ReadAccount | undefined {
  const [, target, method, query] =
    /^ethereum:(?:pay-)?(0x[0-9a-f]{40})(?:@\d+)?(?:\/(\w+))?(?:\?(.*))?$/i.exec(text) ?? [];
  if (target === undefined) return undefined;
  if (method === undefined) return plain(target);
  if (method !== 'transfer') return undefined;
  const payee = new URLSearchParams(query).get('address');
  return payee === null ? undefined : plain(payee);
}

/** ICAP in its direct form: XE, two check digits (ISO 13616), the number in base 36. */
function icap(text: string): ReadAccount | undefined {
  const upper = text.toUpperCase();
  if (!/^XE\d\d[0-9A-Z]{30,31}$/.test(upper)) return undefined;
  const rearranged = `${upper.slice(4)}${upper.slice(0, 4)}`;
  let remainder = 0;
  for (const letter of rearranged) {
    for (const digit of String(Number.parseInt(letter, 36)))
      remainder = (remainder * 10 + Number(digit)) % 97;
  }
  if (remainder !== 1) return undefined;
  let value = 0n;
  for (const letter of upper.slice(4)) value = value * 36n + BigInt(Number.parseInt(letter, 36));
  const hex = value.toString(16).padStart(40, '0');
  return hex.length === 40 ? evmAccount(hex) : undefined;
}

/** EIP-3770 (`eth:0x...`), and the prefixes of XDC and Ronin, which have no 0x behind them. */
function shortName(text: string): ReadAccount | undefined {
  const [, hex] = /^(?:[a-z][a-z0-9-]{0,15}:0x|ronin:|xdc)([0-9a-f]{40})$/i.exec(text) ?? [];
  return hex === undefined ? undefined : evmAccount(hex);
}

/** A bech32 spelling of the same 20 bytes: Harmony's `one1`, Injective's `inj1`, Evmos' `evmos1`. */
export function evmBech32Reader(hrp: string): AccountReader {
  return firstOf(readEvm, (text) => {
    const read = fromBech32(text);
    if (read?.hrp !== hrp || read.variant !== 'bech32') return undefined;
    const bytes = bytesOfWords(read.words);
    return bytes?.length === 20 ? evmAccount(Buffer.from(bytes).toString('hex')) : undefined;
  });
}
