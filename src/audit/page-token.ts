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
  return sealed(position, scope);
}

/** The position in a token of {@link pageToken}; undefined if it is not one for this scope. */
export function readPageToken(token: string, scope: string): LogPosition | undefined {
  const position = unsealed(token, scope);
  return position?.length === POSITION_BYTES ? position.readUIntBE(0, POSITION_BYTES) : undefined;
}

/** As {@link pageToken}, for lists that are in another order than the log. */
export function placeToken(after: string, scope: string): string {
  return sealed(Buffer.from(after), scope);
}

/** The place in a token of {@link placeToken}; undefined if it is not one for this scope. */
export function readPlaceToken(token: string, scope: string): string | undefined {
  return unsealed(token, scope)?.toString();
}

function sealed(place: Buffer, scope: string): string {
  return Buffer.concat([place, digestOf(place, scope)]).toString('base64url');
}

function unsealed(token: string, scope: string): Buffer | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length <= DIGEST_BYTES || bytes.toString('base64url') !== token) return undefined;
  const place = bytes.subarray(0, -DIGEST_BYTES);
  return digestOf(place, scope).equals(bytes.subarray(-DIGEST_BYTES)) ? place : undefined;
}

function digestOf(place: Buffer, scope: string): Buffer {
  return createHash('sha256').update(place).update(scope).digest().subarray(0, DIGEST_BYTES);
}
