/**
 * A 32-bit hash of a key: FNV-1a with a last mix, since neighbouring keys must not share their low bits. Odd, so that 0
 * stands for no key.
 */
export function keyHash(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) | 1) >>> 0;
}
