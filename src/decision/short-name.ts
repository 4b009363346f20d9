import type { ShortName } from './evidence.js';

const SHORT_NAME_CHARS = 8;

/** See {@link ShortName}. */
export function shortName(name: string): ShortName {
  return name.slice(-SHORT_NAME_CHARS);
}
