import { sha256 } from '@noble/hashes/sha2.js';
import { base58xrp } from '@scure/base';
import { type AccountReader, accountOf, type ReadAccount } from './account.js';
import { attempt, sameBytes } from './codecs.js';

const ACCOUNT_BYTES = 20;
const X_BYTES = 31;

function decoded(text: string): Uint8Array | undefined {
  if (text.length < 25 || text.length > 50) return undefined;
  const bytes = attempt(() => base58xrp.decode(text));
  if (bytes === undefined || bytes.length < 5) return undefined;
  const body = bytes.subarray(0, -4);
  return sameBytes(sha256(sha256(body)).subarray(0, 4), bytes.subarray(-4)) ? body : undefined;
}

/** XRP Ledger: `r...`, or `X...` (XLS-5), which says in itself which tag it has, or that it has none. */
export const readRipple: AccountReader = (text) => {
  const body = decoded(text);
  if (body?.length === 1 + ACCOUNT_BYTES && body[0] === 0) return accountOf('account', body.subarray(1));
  return body?.length === X_BYTES && body[0] === 0x05 && body[1] === 0x44 ? xAddress(body) : undefined;
};

function xAddress(body: Uint8Array): ReadAccount | undefined {
  const account = accountOf('account', body.subarray(2, 2 + ACCOUNT_BYTES));
  const flag = body[22];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const tag = view.getUint32(23, true);
  // The upper half would be for tags of 64 bits, which there are not.
  if (view.getUint32(27, true) !== 0) return undefined;
  if (flag === 1) return { ...account, tag: String(tag) };
  return flag === 0 && tag === 0 ? { ...account, noTag: true } : undefined;
}
