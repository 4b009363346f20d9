import { type AccountReader, accountOf } from './account.js';
import { fromBase58 } from './codecs.js';

const NAME = /^(?=.{2,64}$)(?:(?:[a-z\d]+[-_])*[a-z\d]+\.)*(?:[a-z\d]+[-_])*[a-z\d]+$/;

/** NEAR: a key as hex or as `ed25519:` base58 is one account (implicit); others are names, which are accounts here. */
export const readNear: AccountReader = (text) => {
  // An account that begins with 0x has 40 digits; 64 are the key.
  if (/^[0-9a-f]{64}$/i.test(text)) return { account: `key:${text.toLowerCase()}` };
  if (text.startsWith('ed25519:')) {
    const key = fromBase58(text.slice('ed25519:'.length));
    return key?.length === 32 ? accountOf('key', key) : undefined;
  }
  const name = text.toLowerCase();
  return NAME.test(name) ? { account: `name:${name}` } : undefined;
};
