import type { AccountReader } from './account.js';
import { fromBech32 } from './codecs.js';

/** Names of name services (ENS, Solana, TON DNS, Unstoppable Domains ...) and `user@host`: their owners point them anywhere. */
const SERVICE_NAME =
  /^[\p{L}\p{N}\p{M}\p{S}\p{Join_Control}_-]{1,64}(?:\.[\p{L}\p{N}\p{M}\p{S}\p{Join_Control}_-]{1,64}){0,5}\.[a-z]{2,16}$/iu;
/** Lightning, BIP 353 (also with its sign in front), PayString with a dollar sign. */
const USER_AT_HOST = /^[a-z0-9._+-]{1,64}[@$][a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}$/i;

/** A name as it is, in lower case: never trusted, and never joined with what it points to today. */
export const readName: AccountReader = (whole) => {
  const text = whole.replace(/^₿/, '');
  return SERVICE_NAME.test(text) || USER_AT_HOST.test(text)
    ? { account: `name:${text.toLowerCase()}`, isName: true }
    : undefined;
};

/** BOLT 11 names no limit; those with hints for the way have up to some 600. */
const MAX_INVOICE_CHARACTERS = 1_024;

/**
 * Lightning: invoices (BOLT 11), LNURLs and offers (BOLT 12) as they are, lower; their payee may be a custodian of thousands.
 * In one case; the first two end with a checksum.
 */
export const readLightning: AccountReader = (text) => {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const isOffer = /^lno1[02-9ac-hj-np-z]{10,}$/.test(lower);
  return isOffer || isChecked(lower) ? { account: `name:${lower}`, isName: true } : undefined;
};

/** What stands before the last 1 is a kind, and of invoices an amount: `lnbc20u1...`. */
function isChecked(lower: string): boolean {
  const hrp = lower.slice(0, lower.lastIndexOf('1'));
  if (!/^lnbc(?:\d+[munp]?)?$|^lnurl$/.test(hrp)) return false;
  return fromBech32(lower, hrp, 'bech32', MAX_INVOICE_CHARACTERS) !== undefined;
}
