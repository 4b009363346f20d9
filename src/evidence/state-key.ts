/** Between the parts of a key. Ids contain no control characters, so no two keys run together. */
const SEPARATOR = '\u001f';

/** A key of the state. The first part is the tenant, except in tables of provider evidence. */
export function stateKey(first: string, second: string): string {
  return first + SEPARATOR + second;
}

/** Beside answered request ids: an id that a client decided about alone. Ids have no control characters, so none is alike. */
export function clientDecisionKey(tenant: string, requestId: string): string {
  return stateKey(stateKey(tenant, 'client-decision'), requestId);
}

/** All parts of a key. */
export function keyParts(key: string): readonly string[] {
  return key.split(SEPARATOR);
}

/** The last part of a key. */
export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf(SEPARATOR) + 1);
}
