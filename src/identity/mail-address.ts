import { foldText, type MailDomainProblem, readFoldedDomain } from './mail-domain.js';

/** RFC 5321 4.5.3.1.1, in octets of UTF-8. */
const MAX_LOCAL_OCTETS = 64;
/** RFC 5321's path of 256 octets without its angle brackets. */
const MAX_ADDRESS_OCTETS = 254;
/** Text longer than this is refused before any work is done on it; trimming may take off spaces, so more than 254. */
const MAX_TEXT_LENGTH = 1024;

const PLAIN_LOCAL = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+$/;
/** Characters of RFC 5322 that need quotes; quoted local parts are refused. */
const NEEDS_QUOTES = /["(),:;<>[\]\\@]/;
/** Control, format, surrogate, private and separating characters, and those that print as nothing. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** A checked mail address in its exact form: trimmed, lower case, NFC, domain in A-labels. Clear: never stored. */
export interface MailAddress {
  /** `local@domain`. */
  readonly exact: string;
  readonly local: string;
  /** Lower-case A-labels. */
  readonly domain: string;
}

/** Why a text is not a mail address. Safe to show: none of them quotes the text. */
export type MailAddressProblem =
  | MailDomainProblem
  | 'it is empty'
  | 'it is too long'
  | 'it has no @'
  | 'the part before the @ is empty'
  | 'the part before the @ is too long'
  | 'it holds a space or an unprintable character'
  | 'the part before the @ needs quotes';

export type MailAddressReading =
  | { readonly kind: 'valid'; readonly address: MailAddress }
  | { readonly kind: 'invalid'; readonly cause: MailAddressProblem };

function invalid(cause: MailAddressProblem): MailAddressReading {
  return { kind: 'invalid', cause };
}

/**
 * Reads a mail address into its exact form. Local parts are lowered although RFC 5321 lets case matter: no large
 * operator distinguishes it, and two spellings of one mailbox must have one alias.
 *
 * Idempotent: the exact form of a valid address reads as itself.
 */
export function readMailAddress(text: string): MailAddressReading {
  if (text.length > MAX_TEXT_LENGTH) return invalid('it is too long');
  const normal = foldText(text);
  if (normal === '') return invalid('it is empty');

  const at = normal.lastIndexOf('@');
  if (at < 0) return invalid('it has no @');
  if (at === 0) return invalid('the part before the @ is empty');
  const local = normal.slice(0, at);
  const isPlain = PLAIN_LOCAL.test(local);
  if (!isPlain) {
    if (UNPRINTABLE.test(normal)) return invalid('it holds a space or an unprintable character');
    if (NEEDS_QUOTES.test(local)) return invalid('the part before the @ needs quotes');
  }
  const localOctets = isPlain ? local.length : Buffer.byteLength(local);
  if (localOctets > MAX_LOCAL_OCTETS) return invalid('the part before the @ is too long');

  const reading = readFoldedDomain(normal.slice(at + 1));
  if (reading.kind === 'invalid') return reading;
  const { domain } = reading;
  if (localOctets + 1 + domain.length > MAX_ADDRESS_OCTETS) return invalid('it is too long');
  return { kind: 'valid', address: { exact: `${local}@${domain}`, local, domain } };
}
