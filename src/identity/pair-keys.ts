import { type HmacKey, isJsonObject, KEY_ID, KeyringError, MAX_LIVE_KEYS, readSecret } from './keyring.js';

/**
 * Reads a provider's pair keys file, `{"k1": "<base64url>"}`: one or two keys shared by this provider and this
 * deployment and nobody else, newest first. All of them are live: subjects under either are accepted, and aliases are computed under
 * both. A new key stands beside the old one for at least 30 days, the time after which an account's mailbox that nobody
 * named again is forgotten; by then every mailbox list holds aliases under the new key.
 *
 * @throws KeyringError code `PAIR_KEYS_MALFORMED`, naming the field
 */
export function parsePairKeys(text: string): readonly HmacKey[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's message would quote the text, and with it a key.
    throw malformed('it is not JSON');
  }
  if (!isJsonObject(document)) throw malformed('it must be an object of key ids and keys');
  const entries = Object.entries(document);
  if (entries.length === 0) throw malformed('it holds no key');
  if (entries.length > MAX_LIVE_KEYS) throw malformed(`it holds more than ${MAX_LIVE_KEYS} keys`);
  // JSON objects give such names in their own order, so the file could not say which key is the newest.
  if (entries.length > 1 && entries.some(([id]) => /^\d+$/.test(id))) {
    throw malformed('with two keys, a key id must not be a number');
  }
  const keys: HmacKey[] = [];
  for (const [id, value] of entries) {
    if (!KEY_ID.test(id)) throw malformed('a key id must be 1 to 32 letters, digits, - or _');
    const secret = readSecret(value);
    if ('problem' in secret) throw malformed(`key \`${id}\` ${secret.problem}`);
    if (keys.some((key) => key.secret.equals(secret))) throw malformed(`key \`${id}\` repeats another key`);
    keys.push({ id, secret });
  }
  return keys;
}

function malformed(problem: string): KeyringError {
  return new KeyringError('PAIR_KEYS_MALFORMED', `pair keys file: ${problem}`);
}
