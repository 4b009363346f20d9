import type { LogPosition } from '../store/ports.js';

/** Between the parts of a key. Ids contain no control characters, so no two keys run together. */
const SEPARATOR = '\u001f';

/** Follows {@link SEPARATOR}: the end of all keys that begin with the same parts. */
const AFTER_SEPARATOR = '\u0020';

/** 48 bits, as positions have. */
const POSITION_HEX_DIGITS = 12;

/** A key of the state. The first part is the tenant, except in tables of provider evidence. */
export function stateKey(first: string, second: string): string {
  return first + SEPARATOR + second;
}

/** All parts of a key. */
export function keyParts(key: string): readonly string[] {
  return key.split(SEPARATOR);
}

/** The last part of a key. */
export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf(SEPARATOR) + 1);
}

/** A key that sorts by position within its account. */
export function positionKey(tenant: string, accountId: string, position: LogPosition): string {
  return `${tenant}${SEPARATOR}${accountId}${SEPARATOR}${position.toString(16).padStart(POSITION_HEX_DIGITS, '0')}`;
}

/** The position in a key of {@link positionKey}. */
export function positionIn(key: string): LogPosition {
  return Number.parseInt(key.slice(-POSITION_HEX_DIGITS), 16);
}

/** First key of an account's positions, and the first key after them. */
export function positionRange(
  tenant: string,
  accountId: string,
): { readonly start: string; readonly end: string } {
  const prefix = stateKey(tenant, accountId);
  return { start: prefix + SEPARATOR, end: prefix + AFTER_SEPARATOR };
}
