import { trimmed } from './trimmed.js';

/** Words that say nothing of which network is meant. */
const EMPTY_WORDS = new Set([
  'network',
  'mainnet',
  'main',
  'chain',
  'blockchain',
  'protocol',
  'native',
  'token',
]);

/** Networks for trials, whose coins are worth nothing: never taken for the real ones that their names hold. */
const TRIAL_WORDS = new Set(
  `test devnet sepolia goerli holesky hoodi ropsten rinkeby kovan amoy mumbai fuji chapel nile shasta
   signet regtest preprod preview ghostnet shadownet westend paseo rococo calibration baklava alfajores bokuto`.split(
    /\s+/,
  ),
);

/** Coins that are on many networks, and that exchanges print with the network's name: `USDT-TRC20`, `USDC (ERC20)`. */
const COINS = new Set(
  'usdt usdc usdd usde tusd busd fdusd pyusd usd1 dai eurc eurt wbtc weth steth link uni shib pepe aave'.split(
    ' ',
  ),
);

/** Longer ones are nobody's names: nothing is looked up. */
const MAX_CHARACTERS = 64;

/** One form of a name: `Arbitrum One`, `arbitrum_one` and `ARBITRUMONE` are one. */
export function compactName(text: string): string {
  return wordsOf(text).join('');
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s_/().:,-]+/)
    .filter((word) => word !== '');
}

/**
 * Finds a network by a name as exchanges print it: `ETH`, `Ethereum (ERC20)`, `BEP20(BSC)`, `TRON/TRC20`, `USDT-TRC20`,
 * `Arbitrum One Network`. Where two names in one text mean two networks, or one of them is not known, none is meant: it may
 * be the network that we do not know.
 *
 * @param byName by names in the form of `compactName`
 * @param ownNames the networks' first names: what stands in front of a hyphen is a network, not its coin, if it is one of these
 */
export function findNetwork<T>(
  text: string,
  byName: ReadonlyMap<string, T>,
  ownNames: ReadonlySet<string>,
): T | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const words = wordsOf(text);
  if (words.some((word) => TRIAL_WORDS.has(word) || /^testnet/.test(word))) return undefined;
  const whole = byWords(words, byName);
  if (whole !== undefined) return whole;
  const parts = text.split(/[()/]|\s[-–]\s/).map(wordsOf);
  const named = parts.filter(
    (part) => part.some((word) => !EMPTY_WORDS.has(word)) && !COINS.has(part.join('')),
  );
  if (parts.length > 1) return only(named.map((part) => byWords(part, byName)));
  // A coin and its network: `USDT-TRC20`, `ETH-Arbitrum One`.
  const [, front = '', rest] = /^\s*([A-Za-z0-9.]{2,10})[-_](.+)$/.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const coin = compactName(front);
  const network = byWords(wordsOf(rest), byName);
  if (COINS.has(coin)) return network;
  const coinsOwn = byName.get(coin);
  if (coinsOwn === undefined) return undefined;
  return ownNames.has(coin) ? only([coinsOwn, network]) : network;
}

function byWords<T>(words: readonly string[], byName: ReadonlyMap<string, T>): T | undefined {
  const whole = byName.get(words.join(''));
  if (whole !== undefined) return whole;
  const telling = words.filter((word) => !EMPTY_WORDS.has(word));
  return telling.length === words.length ? undefined : byName.get(telling.join(''));
}

/** The one that all name. */
function only<T>(found: readonly (T | undefined)[]): T | undefined {
  const [first] = found;
  return found.every((other) => other === first) ? first : undefined;
}

/** What an unknown network is called: as it was written, but for case, blanks and punctuation; long ones as they are. */
export function unknownNetworkName(text: string): string {
  return text.length > MAX_CHARACTERS ? trimmed(text) : wordsOf(text).join('-');
}
