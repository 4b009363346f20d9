import { sha256 } from '@noble/hashes/sha2.js';
import { bech32 } from '@scure/base';

/** Bytes of a witness program that stands for a key (BIP 141). */
const KEY_HASH_BYTES = 20;

/** An address that reads as one (P2WPKH, BIP 173) and that nobody holds the key of; one for each label. */
export function bitcoinAddress(label: string): string {
  const program = sha256(new TextEncoder().encode(label)).subarray(0, KEY_HASH_BYTES);
  return bech32.encode('bc', [0, ...bech32.toWords(program)]);
}
