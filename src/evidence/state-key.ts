/** Between the parts of a key. Ids contain no control characters, so no two keys run together. */
const SEPARATOR = '\u001f';

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
