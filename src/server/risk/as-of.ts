import type { LogPosition } from '../../store/ports.js';

/** Leads every token, so that a later form can be told apart. */
const FORM = 'p1.';
const BASE = 36;
const TOKEN = /^p1\.(?:0|[1-9a-z][0-9a-z]{0,10})$/;

/** The opaque `as_of` for everything up to a position of the log. */
export function asOf(position: LogPosition): string {
  return FORM + position.toString(BASE);
}

/** The position that a token names; undefined if it is not one of ours. */
export function readAsOf(token: string): LogPosition | undefined {
  if (!TOKEN.test(token)) return undefined;
  const position = Number.parseInt(token.slice(FORM.length), BASE);
  return Number.isSafeInteger(position) ? position : undefined;
}
