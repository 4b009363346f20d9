import type { StreamIdentity } from './stream.js';
import { parseObject } from './token.js';

/** How far the stream has been taken in. Kept in the state, in one transaction with what was learnt up to here. */
export interface FeedCursor {
  /** Which stream: when it was created, as the broker writes it. */
  readonly created: string;
  /** The last message taken in; 0 for none. */
  readonly sequence: number;
  /** SHA-256 of that message, hexadecimal: tells a stream that was rolled back and written anew. Empty for none. */
  readonly digest: string;
}

/** Why the stream is not the one we were reading. */
export type ResetCause =
  /** Another stream of the same name. */
  | 'RECREATED'
  /** It ends before what we have read. */
  | 'ROLLED_BACK'
  /** It holds another message where we stopped. */
  | 'REWRITTEN';

export type StreamJudgement =
  | { readonly kind: 'continue'; readonly after: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'reset'; readonly cause: ResetCause };

/**
 * Whether the stream is the one that the cursor was written for.
 *
 * @param digestAtCursor digest of the message that the stream holds at the cursor now; undefined if it holds none
 */
export function judgeStream(
  cursor: FeedCursor | undefined,
  stream: StreamIdentity,
  digestAtCursor: string | undefined,
): StreamJudgement {
  if (cursor === undefined) return { kind: 'start' };
  if (cursor.created !== stream.created) return { kind: 'reset', cause: 'RECREATED' };
  if (cursor.sequence === 0) return { kind: 'start' };
  if (stream.lastSequence < cursor.sequence) return { kind: 'reset', cause: 'ROLLED_BACK' };
  // A message that left the stream by age tells nothing.
  const isThere = cursor.sequence >= stream.firstSequence && digestAtCursor !== undefined;
  if (isThere && digestAtCursor !== cursor.digest) return { kind: 'reset', cause: 'REWRITTEN' };
  return { kind: 'continue', after: cursor.sequence };
}

export function encodeCursor(cursor: FeedCursor): Uint8Array {
  return Buffer.from(JSON.stringify(cursor), 'utf8');
}

/** Undefined if unreadable: reading from the start again is always right. */
export function decodeCursor(bytes: Uint8Array): FeedCursor | undefined {
  const stored = parseObject(Buffer.from(bytes).toString('utf8'));
  const { created, sequence, digest } = stored ?? {};
  if (typeof created !== 'string' || typeof sequence !== 'number' || typeof digest !== 'string')
    return undefined;
  return { created, sequence, digest };
}
