import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519';
import { secp256k1 } from '@noble/curves/secp256k1';

/** Bytes that follow from a seed: the same on every machine. */
export class SeededRandom {
  #seed;
  #block = Buffer.alloc(0);
  #count = 0;

  constructor(seed) {
    this.#seed = seed;
  }

  bytes(length) {
    while (this.#block.length < length) {
      const next = createHash('sha512')
        .update(`${this.#seed}/${this.#count++}`)
        .digest();
      this.#block = Buffer.concat([this.#block, next]);
    }
    const bytes = Uint8Array.from(this.#block.subarray(0, length));
    this.#block = this.#block.subarray(length);
    return bytes;
  }

  /** 0 to below `end`. */
  below(end) {
    return Buffer.from(this.bytes(6)).readUIntBE(0, 6) % end;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** Letters in one case or the other, by chance. */
  anyCase(text) {
    return [...text]
      .map((letter) => (this.below(2) === 0 ? letter.toLowerCase() : letter.toUpperCase()))
      .join('');
  }

  uint32() {
    return Buffer.from(this.bytes(4)).readUInt32BE(0);
  }

  uint64() {
    return Buffer.from(this.bytes(8)).readBigUInt64BE(0);
  }

  /** A key pair on secp256k1: Bitcoin, Ethereum, Cosmos. */
  secp256k1() {
    const secret = this.bytes(32);
    return {
      secret,
      compressed: secp256k1.getPublicKey(secret, true),
      uncompressed: secp256k1.getPublicKey(secret, false),
    };
  }

  /** A key pair on ed25519: Solana, Stellar, Cardano. */
  ed25519() {
    const secret = this.bytes(32);
    return { secret, public: ed25519.getPublicKey(secret) };
  }
}

export const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** What an attempt gives, or nothing: libraries say no by throwing. */
export function attempt(decode) {
  try {
    return decode() ?? undefined;
  } catch {
    return undefined;
  }
}
