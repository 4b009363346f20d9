import { blake2b } from '@noble/hashes/blake2.js';
import { type AccountReader, accountOf, hexOf, type ReadAccount } from './account.js';
import { fromBase32, RFC4648_ALPHABET, sameBytes } from './codecs.js';

/** The Ethereum Address Manager, whose delegated accounts are EVM accounts. */
const EAM = 10n;
const LENGTHS: Readonly<Record<string, number>> = { 1: 20, 2: 20, 3: 48 };

/** Filecoin: protocol and payload; 0x is `f410f...` or, behind `ff000...`, the number of `f0`. Letters are lower. */
export const readFilecoin: AccountReader = (text) => {
  const [, hex] = /^0x([0-9a-f]{40})$/i.exec(text) ?? [];
  if (hex !== undefined) return ofHex(hex.toLowerCase());
  const [, protocol, rest] = /^[ft]([0-4])([0-9a-z]{1,120})$/.exec(text) ?? [];
  if (protocol === undefined || rest === undefined) return undefined;
  if (protocol === '0') return /^\d{1,20}$/.test(rest) ? { account: `0:${BigInt(rest)}` } : undefined;
  if (protocol === '4') return delegated(rest);
  const payload = checkedPayload(Uint8Array.of(Number(protocol)), rest);
  return payload?.length === LENGTHS[protocol] ? accountOf(protocol, payload ?? new Uint8Array()) : undefined;
};

function ofHex(hex: string): ReadAccount {
  return hex.startsWith(`ff${'0'.repeat(22)}`)
    ? { account: `0:${BigInt(`0x${hex.slice(24)}`)}` }
    : { account: `4:${EAM}:${hex}` };
}

function delegated(rest: string): ReadAccount | undefined {
  const [, manager, letters] = /^(\d{1,20})f([a-z2-7]+)$/.exec(rest) ?? [];
  if (manager === undefined || letters === undefined) return undefined;
  const payload = checkedPayload(Uint8Array.of(4, ...leb128(BigInt(manager))), letters);
  return payload === undefined ? undefined : { account: `4:${BigInt(manager)}:${hexOf(payload)}` };
}

/** Payload behind which four bytes of BLAKE2b over head and payload stand. */
function checkedPayload(head: Uint8Array, letters: string): Uint8Array | undefined {
  const bytes = fromBase32(letters.toUpperCase(), RFC4648_ALPHABET);
  if (bytes === undefined || bytes.length < 5) return undefined;
  const payload = bytes.subarray(0, -4);
  const checksum = blake2b(Buffer.concat([head, payload]), { dkLen: 4 });
  return sameBytes(checksum, bytes.subarray(-4)) ? payload : undefined;
}

function leb128(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? byte : byte | 0x80);
  } while (rest > 0n);
  return bytes;
}
