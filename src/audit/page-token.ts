import { createHash } from 'node:crypto';
import type { LogPosition } from '../store/ports.js';

const POSITION_BYTES = 6;
const DIGEST_BYTES = 8;

/**
 * A token that says where the next page begins. It is bound to what was asked for: with other filters, or changed on
 * the way, it is refused. It is no secret and grants nothing.
 *
 * @param scope everything that must be the same for the next page, in a canonical form
 */
export function pageToken(before: LogPosition, scope: string): string {
  const position = Buffer.alloc(POSITION_BYTES);
  position.writeUIntBE(before, 0, POSITION_BYTES);
  return Buffer.concat([position, digestOf(position, scope)]).toString('base64url');
}

/** The position in a token of {@link pageToken}; undefined if it is not one for this scope. */
export function readPageToken(token: string, scope: string): LogPosition | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== POSITION_BYTES + DIGEST_BYTES || bytes.toString('base64url') !== token)
    return undefined;
  const position = bytes.subarray(0, POSITION_BYTES);
  if (!digestOf(position, scope).equals(bytes.subarray(POSITION_BYTES))) return undefined;
  return position.readUIntBE(0, POSITION_BYTES);
}

function digestOf(position: Buffer, scope: string): Buffer {
  return createHash('sha256').update(position).update(scope).digest().subarray(0, DIGEST_BYTES);
}
