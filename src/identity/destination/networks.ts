import type { AccountReader } from './account.js';
import { firstOf, nameReader } from './account.js';
import { readAlgorand } from './algorand.js';
import { readAvalanche } from './avalanche.js';
import { readDecred, readSilentPayment, readZcash, scriptReader } from './bitcoin.js';
import { readCardano } from './cardano.js';
import { readBitcoinCash, readEcash, readKaspa } from './cashaddr.js';
import { cosmosReader } from './cosmos.js';
import { EVM_FAMILY, evmBech32Reader, readEvm } from './evm.js';
import { readFilecoin } from './filecoin.js';
import { readHedera } from './hedera.js';
import { hexReader } from './hex-accounts.js';
import { readInternetComputer } from './internet-computer.js';
import { readMonero } from './monero.js';
import { readLightning } from './names.js';
import { readNano } from './nano.js';
import { readNear } from './near.js';
import { readRipple } from './ripple.js';
import { readSolana } from './solana.js';
import { readStacks } from './stacks.js';
import { readStellar } from './stellar.js';
import { readSubstrate } from './substrate.js';
import type { TagKind } from './tags.js';
import { readTezos } from './tezos.js';
import { readTon } from './ton.js';
import { readTron } from './tron.js';

/** A network, as exchanges name it. */
export interface Network {
  /** Trust is by this. */
  readonly name: string;
  /** Deny lists and evidence are by this: one key is one account on all networks of a family. */
  readonly family: string;
  readonly read: AccountReader;
  /** URI schemes that may stand in front of an address, without their colon. */
  readonly schemes: readonly string[];
  /** What tells the customers of one account apart; absent: nothing does. */
  readonly tag?: TagKind;
}

interface Definition {
  readonly aliases?: readonly string[];
  readonly family?: string;
  readonly read: AccountReader;
  readonly schemes?: readonly string[];
  readonly tag?: TagKind;
}

const ANTELOPE_NAME = /^(?=.{1,13}$)[a-z1-5.]{0,12}[a-z1-5]$/;
const readAntelope: AccountReader = (text) => nameReader(ANTELOPE_NAME)(text.replace(/\.+$/, ''));
const GRAPHENE_NAME = /^[a-z][a-z0-9.-]{1,62}$/;

function evm(...aliases: readonly string[]): Definition {
  return { aliases, family: EVM_FAMILY, read: readEvm };
}

function cosmos(hrp: string, ...aliases: readonly string[]): Definition {
  return { aliases, read: cosmosReader(hrp), tag: 'text' };
}

const DEFINITIONS: Readonly<Record<string, Definition>> = {
  bitcoin: {
    aliases: ['btc', 'xbt', 'segwit', 'taproot'],
    read: firstOf(scriptReader({ keyHash: [0x00], scriptHash: [0x05], hrp: 'bc' }), readSilentPayment),
    schemes: ['bitcoin'],
  },
  lightning: {
    aliases: ['ln', 'btc-lightning', 'bitcoin-lightning'],
    read: readLightning,
    schemes: ['lightning'],
  },
  litecoin: {
    aliases: ['ltc'],
    read: scriptReader({ keyHash: [0x30], scriptHash: [0x05, 0x32], hrp: 'ltc' }),
    schemes: ['litecoin'],
  },
  dogecoin: {
    aliases: ['doge'],
    read: scriptReader({ keyHash: [0x1e], scriptHash: [0x16] }),
    schemes: ['dogecoin'],
  },
  dash: { read: scriptReader({ keyHash: [0x4c], scriptHash: [0x10] }), schemes: ['dash'] },
  'bitcoin-cash': { aliases: ['bch', 'bitcoincash'], read: readBitcoinCash, schemes: [] },
  ecash: { aliases: ['xec', 'bcha'], read: readEcash, schemes: [] },
  'bitcoin-sv': {
    aliases: ['bsv', 'bitcoinsv'],
    read: scriptReader({ keyHash: [0x00], scriptHash: [0x05] }),
    schemes: ['bitcoin'],
  },
  zcash: { aliases: ['zec'], read: readZcash, schemes: ['zcash'] },
  decred: { aliases: ['dcr'], read: readDecred, schemes: ['decred'] },
  kaspa: { aliases: ['kas'], read: readKaspa },
  monero: { aliases: ['xmr'], read: readMonero, schemes: ['monero'], tag: 'payment-id' },

  ethereum: evm('eth', 'erc20', 'erc-20', 'eth-mainnet', 'ethereum-mainnet', 'mainnet'),
  bsc: evm('bep20', 'bep-20', 'bnb-smart-chain', 'bnbsmartchain', 'binance-smart-chain', 'bnb-chain', 'bnb'),
  polygon: evm('matic', 'pol', 'polygon-pos'),
  arbitrum: evm('arbitrum-one', 'arb', 'arb1', 'arbitrumone'),
  optimism: evm('op', 'oeth', 'op-mainnet'),
  base: evm('base-mainnet'),
  zksync: evm('zksync-era', 'zksyncera', 'era'),
  linea: evm(),
  scroll: evm(),
  mantle: evm('mnt'),
  blast: evm(),
  kaia: evm('klaytn', 'klay'),
  hyperevm: evm('hyperliquid', 'hype'),
  fantom: evm('ftm', 'sonic'),
  cronos: evm('cro-evm'),
  gnosis: evm('xdai'),
  celo: evm(),
  moonbeam: evm('glmr'),
  'ethereum-classic': evm('etc'),
  rootstock: evm('rsk', 'rbtc'),
  xdc: evm('xinfin', 'xdc-network'),
  ronin: evm('ron'),
  harmony: { aliases: ['one'], family: EVM_FAMILY, read: evmBech32Reader('one') },
  evmos: { family: EVM_FAMILY, read: evmBech32Reader('evmos') },
  injective: { aliases: ['inj'], family: EVM_FAMILY, read: evmBech32Reader('inj'), tag: 'text' },
  avalanche: {
    aliases: ['avax', 'avaxc', 'avax-c', 'avalanche-c', 'c-chain', 'avalanche-c-chain'],
    read: readAvalanche,
  },
  tron: { aliases: ['trx', 'trc20', 'trc-20', 'trc10'], read: readTron, schemes: ['tron'] },
  solana: { aliases: ['sol', 'spl'], read: readSolana, schemes: ['solana'] },
  ton: { aliases: ['toncoin', 'the-open-network', 'jetton'], read: readTon, schemes: ['ton'], tag: 'text' },
  ripple: {
    aliases: ['xrp', 'xrpl', 'xrp-ledger'],
    read: readRipple,
    schemes: ['ripple', 'xrpl'],
    tag: 'uint32',
  },
  stellar: {
    aliases: ['xlm'],
    read: readStellar,
    schemes: ['web+stellar:pay', 'stellar'],
    tag: 'stellar-memo',
  },

  cosmos: cosmos('cosmos', 'atom', 'cosmoshub', 'cosmos-hub'),
  osmosis: cosmos('osmo', 'osmo'),
  celestia: cosmos('celestia', 'tia'),
  thorchain: cosmos('thor', 'rune'),
  dydx: cosmos('dydx', 'dydx-chain'),
  kava: cosmos('kava'),
  'cronos-pos': cosmos('cro', 'cro', 'crypto-org'),
  'bnb-beacon': cosmos('bnb', 'bep2', 'bnb-beacon-chain'),
  terra: cosmos('terra', 'luna', 'lunc', 'terra-classic'),
  axelar: cosmos('axelar', 'axl'),
  akash: cosmos('akash', 'akt'),
  secret: cosmos('secret', 'scrt'),
  juno: cosmos('juno'),
  stride: cosmos('stride', 'strd'),
  kujira: cosmos('kujira', 'kuji'),
  noble: cosmos('noble'),
  neutron: cosmos('neutron', 'ntrn'),
  sei: { aliases: ['sei-network'], read: firstOf(cosmosReader('sei'), readEvm), tag: 'text' },

  polkadot: { aliases: ['dot', 'assethub', 'polkadot-asset-hub'], read: readSubstrate },
  kusama: { aliases: ['ksm'], read: readSubstrate },
  bittensor: { aliases: ['tao'], read: readSubstrate },
  acala: { aliases: ['aca'], read: readSubstrate },
  astar: { aliases: ['astr'], read: firstOf(readSubstrate, readEvm) },
  cardano: { aliases: ['ada'], read: readCardano, schemes: ['web+cardano'] },
  algorand: { aliases: ['algo'], read: readAlgorand, schemes: ['algorand'] },
  tezos: { aliases: ['xtz'], read: readTezos, schemes: ['tezos'] },
  near: { aliases: ['near-protocol'], read: readNear },
  aptos: { aliases: ['apt'], read: hexReader(64) },
  sui: { read: hexReader(64) },
  starknet: { aliases: ['strk'], read: hexReader(64), schemes: ['starknet'] },
  flow: { read: hexReader(16) },
  hedera: { aliases: ['hbar', 'hedera-hashgraph'], read: readHedera, tag: 'text' },
  filecoin: { aliases: ['fil'], read: readFilecoin },
  'internet-computer': {
    aliases: ['icp', 'dfinity'],
    read: readInternetComputer,
    tag: 'uint64-zero-is-none',
  },
  nano: { aliases: ['xno'], read: readNano, schemes: ['nano'] },
  stacks: { aliases: ['stx'], read: readStacks, tag: 'text' },
  eos: { aliases: ['antelope', 'vaulta'], read: readAntelope, tag: 'text' },
  wax: { aliases: ['waxp'], read: readAntelope, tag: 'text' },
  hive: { read: nameReader(GRAPHENE_NAME), tag: 'text' },
  steem: { read: nameReader(GRAPHENE_NAME), tag: 'text' },
  bitshares: { aliases: ['bts'], read: nameReader(GRAPHENE_NAME), tag: 'text' },
  multiversx: { aliases: ['egld', 'elrond'], read: cosmosReader('erd') },
};

/** Ways in which one name is written: `Arbitrum One`, `arbitrum_one`. */
function plainName(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s_/().]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

const NETWORKS: ReadonlyMap<string, Network> = new Map(
  Object.entries(DEFINITIONS).flatMap(([name, { aliases = [], family = name, read, schemes = [], tag }]) => {
    const network: Network = { name, family, read, schemes, ...(tag === undefined ? {} : { tag }) };
    return [name, ...aliases].map((alias) => [alias, network] as const);
  }),
);

/** The network of a name or of one of its aliases; undefined if it is not in the table. */
export function networkOf(text: string): Network | undefined {
  return NETWORKS.get(plainName(text));
}

/** Names of all networks in the table. */
export const NETWORK_NAMES: readonly string[] = Object.keys(DEFINITIONS);

/** What an unknown network is called: as it was written, but for case and blanks. */
export function unknownNetworkName(text: string): string {
  return plainName(text);
}
