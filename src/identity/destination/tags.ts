/**
 * How a network tells the customers of one account apart: a number of 32 or 64 bits, a text, Stellar's typed memo, Monero's
 * payment id.
 */
export type TagKind = 'uint32' | 'uint64-zero-is-none' | 'text' | 'stellar-memo' | 'payment-id';

/** What a caller said of the tag. */
export type TagInput =
  /** Nothing. It is not 0, and not none. */
  | { readonly kind: 'not-told' }
  | { readonly kind: 'none' }
  /** @property type where the network has several: `id`, `text`, `hash` or `return`. */
  | { readonly kind: 'value'; readonly value: string; readonly type?: string };

/** A tag as the network reads it. */
export type ReadTag =
  | { readonly kind: 'not-told' }
  | { readonly kind: 'none' }
  /** One text for each tag. */
  | { readonly kind: 'value'; readonly tag: string }
  /** Not a tag of this network (too large, no number): as it was told, so that two of them are not one. */
  | { readonly kind: 'unread'; readonly text: string };

const UINT32_MAX = 0xffff_ffffn;
const UINT64_MAX = 0xffff_ffff_ffff_ffffn;
const MAX_NUMBER_CHARACTERS = 40;

/** Longest memo in bytes where a network has no limit of its own below it: Cosmos' and Antelope's. */
export const MAX_TEXT_BYTES = 256;
/** Stellar's, in bytes (CAP-3). */
const MAX_STELLAR_TEXT_BYTES = 28;

const NONE = { kind: 'none' } as const;

function unread(text: string): ReadTag {
  return { kind: 'unread', text };
}

/** Reads a tag by the rule of a network; `maxBytes` is the limit of its texts. */
export function readTag(kind: TagKind, input: TagInput, maxBytes: number = MAX_TEXT_BYTES): ReadTag {
  if (input.kind !== 'value') return input;
  const { value, type } = input;
  switch (kind) {
    case 'uint32':
      return ofNumber(value, UINT32_MAX);
    case 'uint64-zero-is-none': {
      const tag = ofNumber(value, UINT64_MAX);
      return tag.kind === 'value' && tag.tag === '0' ? NONE : tag;
    }
    case 'text':
      if (value === '') return NONE;
      return Buffer.byteLength(value) <= maxBytes ? { kind: 'value', tag: value } : unread(value);
    case 'payment-id':
      return /^(?:[0-9a-f]{16}|[0-9a-f]{64})$/i.test(value)
        ? { kind: 'value', tag: value.toLowerCase() }
        : unread(value);
    case 'stellar-memo':
      return stellarMemo(value, type);
    default:
      return kind satisfies never;
  }
}

/** Digits; blanks around them and zeros in front are nothing. */
function ofNumber(value: string, most: bigint): ReadTag {
  const text = value.length > MAX_NUMBER_CHARACTERS ? '' : value.trim();
  if (!/^\d+$/.test(text)) return unread(value);
  const number = BigInt(text);
  return number <= most ? { kind: 'value', tag: String(number) } : unread(value);
}

/**
 * Digits without a type are an id: most exchanges give ids, and many take either for the other. Types are written as
 * Stellar's own tools do: `id` or `MEMO_ID`.
 */
function stellarMemo(value: string, type: string | undefined): ReadTag {
  if (value === '') return NONE;
  const guessed = value.length <= MAX_NUMBER_CHARACTERS && /^\d{1,20}$/.test(value.trim()) ? 'id' : 'text';
  const kind = type?.toLowerCase().replace(/^memo_/, '') ?? guessed;
  switch (kind) {
    case 'id': {
      const id = ofNumber(value, UINT64_MAX);
      return id.kind === 'value' ? { kind: 'value', tag: `id:${id.tag}` } : id;
    }
    case 'text':
      return Buffer.byteLength(value) <= MAX_STELLAR_TEXT_BYTES
        ? { kind: 'value', tag: `text:${value}` }
        : unread(value);
    case 'hash':
    case 'return': {
      const bytes = /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : base64Hash(value);
      return bytes === undefined ? unread(value) : { kind: 'value', tag: `${kind}:${bytes}` };
    }
    default:
      return unread(value);
  }
}

function base64Hash(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('hex');
}
