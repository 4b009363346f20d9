import { domainToASCII, domainToUnicode } from 'node:url';
import { findDomainTrick } from './domain-scripts.js';

/** RFC 1035 limit of one label, in octets. */
const MAX_LABEL_OCTETS = 63;
/** RFC 1035 limit of a name in text form, in octets. */
const MAX_DOMAIN_OCTETS = 253;

const ASCII_ONLY = /^\p{ASCII}*$/u;
/** What a host name may hold in ASCII; everything else in ASCII would be read as URL syntax by the IDNA functions. */
const HOST_NAME_ASCII = /^[a-z0-9.-]+$/;
const ASCII_CHARACTERS = /\p{ASCII}/gu;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const ALL_DIGITS = /^[0-9]+$/;
const ENCODED_LABEL = /(?:^|\.)xn--/;

export type MailDomainProblem =
  | 'the domain has no dot'
  | 'the domain is too long'
  | 'the domain has a label that is empty, too long or badly formed'
  | 'the domain is an IP address'
  | 'the domain is not a valid international name'
  | 'the domain mixes scripts'
  | 'the domain looks like another one';

export type MailDomainReading =
  /** `domain` is in lower-case A-labels. */
  | { readonly kind: 'valid'; readonly domain: string }
  | { readonly kind: 'invalid'; readonly cause: MailDomainProblem };

function invalid(cause: MailDomainProblem): MailDomainReading {
  return { kind: 'invalid', cause };
}

/** Printable ASCII without space or capitals: folding leaves it as it is. Nearly every address is such a text. */
const FOLDED_ASCII = /^[!-@[-~]+$/;

/** Lower case in NFC, without space around it. Lowering can leave what NFC would compose, hence NFC twice. */
export function foldText(text: string): string {
  if (FOLDED_ASCII.test(text)) return text;
  return text.trim().normalize('NFC').toLowerCase().normalize('NFC');
}

/**
 * Reads a mail domain: lower case, international names as A-labels (UTS 46, non-transitional). Names that mix scripts
 * or imitate Latin ones are refused rather than mapped: whoever registers such a name wants it to be taken for another.
 *
 * Idempotent: a valid result reads as itself.
 */
export function readMailDomain(text: string): MailDomainReading {
  return readFoldedDomain(foldText(text));
}

/** As {@link readMailDomain}, for a text that {@link foldText} returned or the end of one. */
export function readFoldedDomain(text: string): MailDomainReading {
  const isPlain = ASCII_ONLY.test(text);
  if (isPlain && !text.includes('xn--')) return checkLabels(text);

  const asciiPart = text.match(ASCII_CHARACTERS)?.join('') ?? '';
  if (asciiPart !== '' && !HOST_NAME_ASCII.test(asciiPart)) {
    return invalid('the domain has a label that is empty, too long or badly formed');
  }
  const ascii = domainToASCII(text);
  const unicode = domainToUnicode(ascii);
  // Some encoded labels decode to what nobody would encode; their second reading differs from the first. Node 24 gives labels that
  // cannot be decoded back as they are, where Node 22 gives nothing (`findings/node-24-takes-labels-that-are-no-punycode.sh`).
  if (ascii === '' || ENCODED_LABEL.test(unicode) || domainToASCII(unicode) !== ascii) {
    return invalid('the domain is not a valid international name');
  }
  const reading = checkLabels(ascii);
  if (reading.kind === 'invalid') return reading;
  const trick = findDomainTrick(unicode);
  if (trick === 'mixed-scripts') return invalid('the domain mixes scripts');
  if (trick === 'look-alike') return invalid('the domain looks like another one');
  return reading;
}

function checkLabels(domain: string): MailDomainReading {
  if (domain.length > MAX_DOMAIN_OCTETS) return invalid('the domain is too long');
  const labels = domain.split('.');
  if (labels.length < 2) return invalid('the domain has no dot');
  for (const label of labels) {
    if (label.length > MAX_LABEL_OCTETS || !LABEL.test(label)) {
      return invalid('the domain has a label that is empty, too long or badly formed');
    }
  }
  // No top-level domain is a number (RFC 3696), so this can only be an IPv4 address.
  if (ALL_DIGITS.test(labels[labels.length - 1] ?? '')) return invalid('the domain is an IP address');
  return { kind: 'valid', domain };
}
