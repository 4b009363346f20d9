import { type AccountReader, accountOf } from './account.js';
import { crc16 } from './crc.js';

/** Flags in the first byte: bounceable or not, with or without the test network's bit. None is part of the place. */
const FLAGS = [0x11, 0x51, 0x91, 0xd1];

/** TON: 36 bytes in either base64 with a CRC, or `workchain:hex`. */
export const readTon: AccountReader = (text) => {
  const [, workchain, hex] = /^(-?\d{1,10}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (workchain !== undefined && hex !== undefined) {
    return { account: `${Number(workchain)}:${hex.toLowerCase()}` };
  }
  if (!/^[A-Za-z0-9+/_-]{48}$/.test(text)) return undefined;
  const bytes = Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64');
  if (bytes.length !== 36 || !FLAGS.includes(bytes.readUInt8(0))) return undefined;
  if (crc16(bytes.subarray(0, 34)) !== bytes.readUInt16BE(34)) return undefined;
  return accountOf(String(bytes.readInt8(1)), bytes.subarray(2, 34));
};
