import { hash } from 'node:crypto';

/** Longer than any address, tag or network: what is longer still is read as none of them. */
const MAX_CHARACTERS = 1_024;

/**
 * A text as it is; of a longer one the beginning and a digest of the whole, so that two stay two, and what is made of it costs
 * no more than of the longest address.
 */
export function boundedText(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}:${hash('sha256', text)}` : text;
}
