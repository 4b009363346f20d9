import { MAX_KID_LENGTH } from './jwks.js';
import { type Refusal, refuse } from './refusal.js';

/** A token is about 1 KB. A cap before any parsing keeps a flood cheap. */
export const MAX_TOKEN_BYTES = 8192;

/** RFC 8417 2.3, made a MUST by SSF 1.0. */
const TOKEN_TYPE = 'secevent+jwt';

/** A cohort event has four levels; reasons by language add one. */
const MAX_DEPTH = 12;

const SEGMENTS_PATTERN = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** A token split into its parts, with what is needed to find its key. Nothing of it is believed yet. */
export interface UncheckedToken {
  readonly kind: 'token';
  readonly compact: string;
  readonly kid: string;
  readonly alg: string;
}

/**
 * Checks the form of a token before its signature. Only `kid`, as a look-up, and `alg`, for comparison, are taken from
 * the header: `jku`, `x5u`, `jwk` and `x5c` are ignored (RFC 8725 3.10).
 */
export function readTokenForm(bytes: Uint8Array): UncheckedToken | Refusal {
  if (bytes.byteLength > MAX_TOKEN_BYTES) return refuse('TOO_LARGE', `${bytes.byteLength} bytes`);
  const compact = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const segments = SEGMENTS_PATTERN.exec(compact);
  if (segments === null) return refuse('MALFORMED', 'not three base64url segments');
  const [, headerSegment = '', payloadSegment = '', signatureSegment = ''] = segments;
  if (![headerSegment, payloadSegment, signatureSegment].every(isCanonical)) {
    return refuse('MALFORMED', 'a segment has unused bits set');
  }

  const headerText = Buffer.from(headerSegment, 'base64url').toString('utf8');
  if (isNestedDeeper(headerText, MAX_DEPTH)) return refuse('NESTED_TOO_DEEP', 'header');
  const header = parseObject(headerText);
  if (header === undefined) return refuse('HEADER_INVALID', 'not a JSON object');
  if (header['crit'] !== undefined) return refuse('CRITICAL_EXTENSION', '`crit` is present');
  const typ = header['typ'];
  if (typeof typ !== 'string' || typ.toLowerCase().replace(/^application\//, '') !== TOKEN_TYPE) {
    return refuse('TYPE_INVALID', `\`typ\` is not ${TOKEN_TYPE}`);
  }
  const { kid, alg } = header;
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) {
    return refuse('KEY_ID_INVALID', `\`kid\` must have 1 to ${MAX_KID_LENGTH} characters`);
  }
  if (typeof alg !== 'string') return refuse('ALGORITHM_REFUSED', '`alg` is missing');
  if (isNestedDeeper(Buffer.from(payloadSegment, 'base64url').toString('utf8'), MAX_DEPTH)) {
    return refuse('NESTED_TOO_DEEP', 'payload');
  }
  return { kind: 'token', compact, kid, alg };
}

/** Whether a segment is the only way to write its bytes: one token has one text. */
function isCanonical(segment: string): boolean {
  return Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

/** The JSON object in a text, or undefined if there is none. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether brackets outside of strings are nested deeper than `max`. One pass, without parsing. */
function isNestedDeeper(text: string, max: number): boolean {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isString) {
      if (character === '\\') i++;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '{' || character === '[') {
      depth++;
      if (depth > max) return true;
    } else if (character === '}' || character === ']') depth--;
  }
  return false;
}
