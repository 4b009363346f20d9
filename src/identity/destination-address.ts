/** Characters of the address that people may see; enough to tell apart the few addresses of one customer. */
const SUFFIX_LENGTH = 4;

/** Below this length four characters would be most of the address. */
const MIN_LENGTH_FOR_SUFFIX = 12;

/** EVM accounts: capitals are only a checksum (EIP-55). */
const EVM_ADDRESS = /^0x[0-9a-f]{40}$/i;
/** Bech32 is either all lower or all upper case (BIP 173); upper case is for QR codes. */
const UPPER_CASE_BECH32 = /^[A-Z]{1,10}1[02-9AC-HJ-NP-Z]{6,}$/;

/**
 * One spelling for each address. Only where a format says that case means nothing is it lowered: in base58 it is half
 * of the address.
 */
export function normaliseDestination(address: string): string {
  const trimmed = address.trim();
  return EVM_ADDRESS.test(trimmed) || UPPER_CASE_BECH32.test(trimmed) ? trimmed.toLowerCase() : trimmed;
}

/** Here a character is one unit. */
const PLAIN_ASCII = /^[ -~]*$/;

/** Control, format and unpaired characters: nobody reads them, and they break terminals. */
const UNPRINTABLE = /\p{C}/u;

/** A character takes at most two UTF-16 units. */
const MOST_UNITS = 2;

/**
 * The last four characters of an address, for people; empty if the address is too short to show a part of it, and where they
 * cannot be shown.
 */
export function destinationSuffix(address: string): string {
  // Splitting a whole address into characters would cost more than its digest from the cache.
  if (address.length < MIN_LENGTH_FOR_SUFFIX * MOST_UNITS && [...address].length < MIN_LENGTH_FOR_SUFFIX) {
    return '';
  }
  const end = address.slice(-SUFFIX_LENGTH * MOST_UNITS);
  if (PLAIN_ASCII.test(end)) return end.slice(-SUFFIX_LENGTH);
  const suffix = [...end].slice(-SUFFIX_LENGTH).join('');
  return UNPRINTABLE.test(suffix) ? '' : suffix;
}
