import { type AccountReader, firstOf, type ReadAccount } from './account.js';
import { bytesOfBech32 } from './codecs.js';

/** One family for all EVM chains: one key has one account on each of them. */
export const EVM_FAMILY = 'evm';

/** 35 characters, eight blanks between groups of four, `iban:`. */
const MAX_ICAP_CHARACTERS = 48;
const DIGITS = /^(?:0x)?([0-9a-f]{40})$/i;

/** 20 bytes in hex; capitals are a checksum (EIP-55, EIP-1191), which some chains count otherwise: not looked at. */
export const readEvm: AccountReader = firstOf(plain, eip681, icap, shortName);

/** The account of 20 bytes in hex, of any case, on all EVM chains. */
export function evmAccount(hex: string): ReadAccount {
  const key = hex.toLowerCase();
  return { account: `key:${key}`, family: EVM_FAMILY, links: [keccakKeyLink(key)] };
}

/** TRON's accounts and EVM accounts of one key have the same 20 bytes: a weak link. */
export function keccakKeyLink(key: string): string {
  return `keccak-key:${key}`;
}

function plain(text: string): ReadAccount | undefined {
  const [, hex] = DIGITS.exec(text) ?? [];
  return hex === undefined ? undefined : evmAccount(hex);
}

/**
 * `ethereum:0x...@1?value=1`, also with a chain's short name in front (EIP-3770: `eth:0x...`). Of a token's `transfer` the
 * payee is the parameter `address`, not the target; what other calls pay, nobody knows.
 */
function eip681(text: string): ReadAccount | undefined {
  const [, target, method, query] =
    /^[a-z][a-z0-9-]{0,15}:(?:\/\/)?(?:pay-)?([\w.-]{3,80})(?:@(?:0x)?\w{1,20})?(?:\/(\w{0,40}))?(?:\?(.*))?$/i.exec(
      text,
    ) ?? [];
  if (target === undefined) return undefined;
  if (method === undefined || method === '') return /^0x/i.test(target) ? plain(target) : undefined;
  if (method !== 'transfer') return undefined;
  const payees = new URLSearchParams(query).getAll('address');
  const [payee] = payees;
  return payee === undefined || payees.length > 1 ? undefined : plain(payee);
}

/** ICAP in its direct form: XE, two check digits (ISO 13616), the number in base 36. Blanks as in bank accounts' numbers. */
function icap(text: string): ReadAccount | undefined {
  if (text.length > MAX_ICAP_CHARACTERS) return undefined;
  const upper = text
    .toUpperCase()
    .replace(/^IBAN:/, '')
    .replaceAll(' ', '');
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

/** The prefixes of XDC and Ronin, which have no 0x behind them, and CAIP-10's (`eip155:1:0x...`). */
function shortName(text: string): ReadAccount | undefined {
  const [, hex] = /^(?:eip155:\d{1,20}:0x|ronin:|xdc)([0-9a-f]{40})$/i.exec(text) ?? [];
  return hex === undefined ? undefined : evmAccount(hex);
}

/** A bech32 spelling of the same 20 bytes: Harmony's `one1`, Injective's `inj1`, Evmos' `evmos1`. */
export function evmBech32Reader(hrp: string): AccountReader {
  return firstOf(readEvm, (text) => {
    const bytes = bytesOfBech32(text, hrp, 'bech32');
    return bytes?.length === 20 ? evmAccount(Buffer.from(bytes).toString('hex')) : undefined;
  });
}
