import { type AccountReader, accountOf, hexOf } from './account.js';
import { fromBase32, hasNoBitsLeft, RFC4648_ALPHABET } from './codecs.js';
import { crc16 } from './crc.js';

/** Version bytes of SEP-23: account, account with an id, contract. */
const ACCOUNT = 6 << 3;
const MUXED = 12 << 3;
const CONTRACT = 2 << 3;

/** Stellar: `G...`, `M...` (the account with an id of 64 bits, CAP-27), `C...`; `name*domain` is a name. */
export const readStellar: AccountReader = (text) => {
  if (/^[^\s*:]{1,64}\*[a-z0-9.-]{3,128}$/i.test(text)) {
    return { account: `name:${text.toLowerCase()}`, isName: true };
  }
  if (!/^[A-Z2-7]{56}$|^[A-Z2-7]{69}$/.test(text)) return undefined;
  const bytes = fromBase32(text, RFC4648_ALPHABET);
  // SEP-23 refuses a last letter with bits of its own.
  if (bytes === undefined || !hasNoBitsLeft(text, RFC4648_ALPHABET)) return undefined;
  const body = bytes.subarray(0, -2);
  const checksum = (bytes.at(-2) ?? 0) | ((bytes.at(-1) ?? 0) << 8);
  if (crc16(body) !== checksum) return undefined;
  const key = body.subarray(1, 33);
  switch (body[0]) {
    case ACCOUNT:
      return body.length === 33 ? accountOf('account', key) : undefined;
    case CONTRACT:
      return body.length === 33 ? accountOf('contract', key) : undefined;
    case MUXED:
      if (body.length !== 41) return undefined;
      return { ...accountOf('account', key), tag: `id:${BigInt(`0x${hexOf(body.subarray(33))}`)}` };
    default:
      return undefined;
  }
};
