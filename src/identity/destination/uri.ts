import { attempt } from './codecs.js';
import type { TagInput } from './tags.js';

/** How a network writes payment requests (BIP 21 and what followed it). */
export interface UriRule {
  /** Schemes that may stand in front of an address, without their colon, in lower case. */
  readonly schemes: readonly string[];
  /** Parameters that carry the tag. */
  readonly tagParameters: readonly string[];
  /** Parameters that carry the address where the path has none: SEP-7's `destination`, BIP 321's `bc`. */
  readonly addressParameters: readonly string[];
}

export interface PaymentUri {
  readonly address: string;
  /** What the URI says of the tag: more than one if it contradicts itself. */
  readonly tags: readonly TagInput[];
}

/** No request has so many: one with more is not read. */
const MAX_PARAMETERS = 24;

/** The network's own scheme in front of a text, and what follows it. */
function withoutScheme(text: string, schemes: readonly string[]): string | undefined {
  const colon = text.indexOf(':');
  if (colon === -1 || !schemes.includes(text.slice(0, colon).toLowerCase())) return undefined;
  return text.slice(colon + 1);
}

/**
 * The address and the tag of a payment request: a scheme in front, amounts, labels and tags behind a question mark. Nothing
 * of a text without either is taken away.
 */
export function readUri(text: string, rule: UriRule): PaymentUri {
  const [hierarchy = '', query] = split(withoutScheme(text, rule.schemes) ?? text, '?');
  // `//` and `//transfer/` (TON): what is to be done; the place stands behind it.
  const path = hierarchy
    .trim()
    .replace(/^\/\//, '')
    .replace(/^transfer\//, '');
  if (query === undefined) return { address: path, tags: [] };
  const parameters = parametersOf(query);
  if (parameters.length > MAX_PARAMETERS) return { address: text, tags: [] };
  // SEP-7 says `pay` there.
  const inQuery = path === '' || path === 'pay' ? firstValue(parameters, rule.addressParameters) : undefined;
  const address = inQuery ?? attemptDecode(path);
  return { address, tags: tagsOf(parameters, rule.tagParameters) };
}

function split(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Percent signs are decoded; a plus sign stays one (RFC 3986): memos hold it. */
function attemptDecode(text: string): string {
  return text.includes('%') ? (attempt(() => decodeURIComponent(text)) ?? text) : text;
}

function parametersOf(query: string): readonly (readonly [string, string])[] {
  return query.split('&', MAX_PARAMETERS + 1).map((pair) => {
    const [name, value = ''] = split(pair, '=');
    return [name.toLowerCase(), attemptDecode(value)] as const;
  });
}

function firstValue(
  parameters: readonly (readonly [string, string])[],
  names: readonly string[],
): string | undefined {
  return parameters.find(([name, value]) => names.includes(name) && value !== '')?.[1];
}

function tagsOf(
  parameters: readonly (readonly [string, string])[],
  names: readonly string[],
): readonly TagInput[] {
  const type = firstValue(parameters, ['memo_type']);
  return parameters
    .filter(([name, value]) => names.includes(name) && value !== '')
    .map(([, value]) => ({ kind: 'value', value, ...(type === undefined ? {} : { type }) }) as const);
}
