import { blake256 } from '@noble/hashes/blake1.js';
import { type AccountReader, accountOf, firstOf, type ReadAccount } from './account.js';
import {
  type Bech32Variant,
  bytesOfBech32,
  bytesOfWords,
  fromBase58,
  fromBase58Check,
  fromBech32,
  sameBytes,
} from './codecs.js';

/** How one chain of Bitcoin's kind spells its scripts. */
export interface ScriptSpelling {
  /** Version bytes of key hashes (P2PKH). */
  readonly keyHash: readonly number[];
  /** Version bytes of script hashes (P2SH). */
  readonly scriptHash: readonly number[];
  /** Human-readable part of segregated witness (BIP 173). */
  readonly hrp?: string;
  /** Bytes of a version; Zcash has two. */
  readonly versionBytes?: 1 | 2;
}

const HASH_BYTES = 20;

/**
 * A script by what it pays: a key hash, a script hash, or a witness program with its version. One key has several of them,
 * and they are different places (BIP 141, 341).
 */
export function scriptReader(spelling: ScriptSpelling): AccountReader {
  const { hrp } = spelling;
  if (hrp === undefined) return (text) => base58Script(text, spelling);
  return (text) => witnessProgram(text, hrp) ?? base58Script(text, spelling);
}

function base58Script(text: string, spelling: ScriptSpelling): ReadAccount | undefined {
  const bytes = fromBase58Check(text);
  const size = spelling.versionBytes ?? 1;
  if (bytes?.length !== size + HASH_BYTES) return undefined;
  const version = bytes.subarray(0, size).reduce((value, byte) => value * 256 + byte, 0);
  const hash = bytes.subarray(size);
  if (spelling.keyHash.includes(version)) return accountOf('pkh', hash);
  if (spelling.scriptHash.includes(version)) return accountOf('sh', hash);
  return undefined;
}

/** BIP 173: version 0 in bech32, 20 or 32 bytes; BIP 350: later ones in bech32m, 2 to 40 bytes. */
function witnessProgram(text: string, hrp: string): ReadAccount | undefined {
  if (text.length > 90) return undefined;
  // The first letter is the version: q is 0.
  const isFirst = text.charAt(hrp.length + 1).toLowerCase() === 'q';
  const [version, ...words] = fromBech32(text, hrp, isFirst ? 'bech32' : 'bech32m') ?? [];
  if (version === undefined || version > 16) return undefined;
  const program = bytesOfWords(words);
  if (program === undefined || program.length < 2 || program.length > 40) return undefined;
  if (version === 0 && program.length !== 20 && program.length !== 32) return undefined;
  return accountOf(`v${version}`, program);
}

/** An address that is kept as it is, in lower case: what it stands for is another thing each time, or needs more to be read. */
function asItIs(kind: string, hrp: string, variant: Bech32Variant): AccountReader {
  return (text) =>
    fromBech32(text, hrp, variant) === undefined ? undefined : { account: `${kind}:${text.toLowerCase()}` };
}

/** Silent payments (BIP 352): each payment goes to another script. */
export const readSilentPayment: AccountReader = asItIs('sp', 'sp', 'bech32m');

/** Litecoin's MWEB addresses: one wallet makes as many as it likes. */
export const readMimblewimble: AccountReader = firstOf(
  asItIs('mweb', 'ltcmweb', 'bech32'),
  asItIs('mweb', 'ltcmweb', 'bech32m'),
);

/**
 * Zcash: `tex1` is the same key hash as `t1` (ZIP 320). Shielded and unified addresses stay as they are: what receivers they
 * hold cannot be told without decoding what none of our libraries decodes.
 */
export const readZcash: AccountReader = firstOf(
  scriptReader({ keyHash: [0x1cb8], scriptHash: [0x1cbd], versionBytes: 2 }),
  (text) => {
    const hash = bytesOfBech32(text, 'tex', 'bech32m');
    return hash?.length === HASH_BYTES ? accountOf('pkh', hash) : undefined;
  },
  asItIs('shielded', 'u', 'bech32m'),
  asItIs('shielded', 'zs', 'bech32'),
);

/** Decred: two bytes of version, a hash, and four bytes of a double BLAKE-256. */
export const readDecred: AccountReader = (text) => {
  const bytes = fromBase58(text);
  if (bytes?.length !== 2 + HASH_BYTES + 4) return undefined;
  const body = bytes.subarray(0, 2 + HASH_BYTES);
  if (!sameBytes(blake256(blake256(body)).subarray(0, 4), bytes.subarray(2 + HASH_BYTES))) return undefined;
  const kind = DECRED_KINDS.get(((body[0] ?? 0) << 8) | (body[1] ?? 0));
  return kind === undefined ? undefined : accountOf(kind, body.subarray(2));
};

/** Version bytes of Decred's main network: Ds and Dc. */
const DECRED_KINDS: ReadonlyMap<number, string> = new Map([
  [0x073f, 'pkh'],
  [0x071a, 'sh'],
]);
