import type { AccountReader } from './account.js';
import { firstOf, nameReader } from './account.js';
import { readAlgorand } from './algorand.js';
import { avalancheReader } from './avalanche.js';
import { readDecred, readMimblewimble, readSilentPayment, readZcash, scriptReader } from './bitcoin.js';
import { readCardano } from './cardano.js';
import { readBitcoinCash, readEcash, readKaspa } from './cashaddr.js';
import { cosmosReader } from './cosmos.js';
import { EVM_FAMILY, evmBech32Reader, readEvm } from './evm.js';
import { readFilecoin } from './filecoin.js';
import { readHedera } from './hedera.js';
import { hexReader, readStarknet } from './hex-accounts.js';
import { readInternetComputer } from './internet-computer.js';
import { readMonero } from './monero.js';
import { readLightning } from './names.js';
import { readNano } from './nano.js';
import { readNear } from './near.js';
import { readNem } from './nem.js';
import { compactName, findNetwork } from './network-names.js';
import { readRipple } from './ripple.js';
import { readSolana } from './solana.js';
import { readStacks } from './stacks.js';
import { readStellar } from './stellar.js';
import { readSubstrate } from './substrate.js';
import { MAX_TEXT_BYTES, type TagKind } from './tags.js';
import { readTezos } from './tezos.js';
import { readTon } from './ton.js';
import { readTron } from './tron.js';
import type { UriRule } from './uri.js';

/** A network, as exchanges name it. */
export interface Network extends UriRule {
  /** Trust is by this. */
  readonly name: string;
  /** Deny lists and evidence are by this: one key is one account on all networks of a family. */
  readonly family: string;
  readonly read: AccountReader;
  /** What tells the customers of one account apart; absent: nothing does. */
  readonly tag?: TagKind;
  /** Limit of a text in bytes of UTF-8. */
  readonly tagBytes: number;
}

interface Definition extends Partial<UriRule> {
  readonly aliases?: readonly string[];
  readonly family?: string;
  readonly read: AccountReader;
  readonly tag?: TagKind;
  readonly tagBytes?: number;
}

/** Five bits a letter, in 64 bits: of a thirteenth there are four. */
const ANTELOPE_NAME = /^(?:[a-z1-5.]{0,11}[a-z1-5]|[a-z1-5.]{12}[a-j1-5])$/;
const readAntelope: AccountReader = (text) => nameReader(ANTELOPE_NAME)(withoutDots(text));
const GRAPHENE_NAME = /^[a-z][a-z0-9.-]{1,62}$/;
const readGraphene: AccountReader = (text) => nameReader(GRAPHENE_NAME)(text.replace(/^@/, ''));

function withoutDots(text: string): string {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === '.') end--;
  return text.slice(0, end);
}

function evm(...aliases: readonly string[]): Definition {
  return { aliases, family: EVM_FAMILY, read: readEvm, schemes: EVM_SCHEMES };
}

/** In front of a name; with 20 bytes behind them they are read by the EVM's own rule. */
const EVM_SCHEMES = ['ethereum'];

function cosmos(hrp: string, ...aliases: readonly string[]): Definition {
  return { aliases, read: cosmosReader(hrp), schemes: COSMOS_SCHEMES, tag: 'text' };
}

const COSMOS_SCHEMES = ['cosmos'];

/** One of Bitcoin's kind: version bytes of key hashes and of script hashes, and the part before the 1 of bech32. */
function script(
  keyHash: number[],
  scriptHash: number[],
  hrp: string | undefined,
  ...names: string[]
): Definition {
  const read = scriptReader({ keyHash, scriptHash, ...(hrp === undefined ? {} : { hrp }) });
  return { aliases: names, read, schemes: names };
}

const DEFINITIONS: Readonly<Record<string, Definition>> = {
  bitcoin: {
    aliases: [
      'btc',
      'xbt',
      'segwit',
      'btc-segwit',
      'segwit-btc',
      'taproot',
      'btc-taproot',
      'brc20',
      'omni',
      'ordi-btc',
    ],
    read: firstOf(scriptReader({ keyHash: [0x00], scriptHash: [0x05], hrp: 'bc' }), readSilentPayment),
    schemes: ['bitcoin'],
    addressParameters: ['bc'],
  },
  lightning: {
    aliases: [
      'ln',
      'btc-lightning',
      'lightning-btc',
      'bitcoin-lightning',
      'lightning-network',
      'btc-ln',
      'lnbtc',
    ],
    read: readLightning,
    schemes: ['lightning'],
  },
  litecoin: {
    aliases: ['ltc'],
    read: firstOf(scriptReader({ keyHash: [0x30], scriptHash: [0x05, 0x32], hrp: 'ltc' }), readMimblewimble),
    schemes: ['litecoin'],
  },
  dogecoin: script([0x1e], [0x16], undefined, 'dogecoin', 'doge'),
  dash: script([0x4c], [0x10], undefined, 'dash'),
  'bitcoin-cash': { aliases: ['bch', 'bchn', 'bchabc'], read: readBitcoinCash },
  ecash: { aliases: ['xec', 'bcha'], read: readEcash },
  'bitcoin-sv': {
    aliases: ['bsv', 'bchsv'],
    read: scriptReader({ keyHash: [0x00], scriptHash: [0x05] }),
    schemes: ['bitcoin', 'bitcoin-sv'],
  },
  'bitcoin-gold': script([0x26], [0x17], 'btg', 'bitcoingold', 'btg'),
  digibyte: script([0x1e], [0x05, 0x3f], 'dgb', 'digibyte', 'dgb'),
  ravencoin: script([0x3c], [0x7a], undefined, 'ravencoin', 'raven', 'rvn'),
  qtum: script([0x3a], [0x32], 'qc', 'qtum'),
  zcash: { aliases: ['zec'], read: readZcash, schemes: ['zcash'] },
  decred: { aliases: ['dcr'], read: readDecred, schemes: ['decred'] },
  kaspa: { aliases: ['kas'], read: readKaspa },
  monero: {
    aliases: ['xmr'],
    read: readMonero,
    schemes: ['monero'],
    tag: 'payment-id',
    tagParameters: ['tx_payment_id'],
  },

  ethereum: evm('eth', 'erc20', 'eth-erc20', 'eip155-1'),
  bsc: evm(
    'bep20',
    'bnb-smart-chain',
    'bnb-smart',
    'binance-smart-chain',
    'binance-smart',
    'bnb',
    'bsc-bnb',
    'eip155-56',
  ),
  opbnb: evm(),
  polygon: evm('matic', 'pol', 'polygon-pos', 'matic-polygon', 'prc20', 'eip155-137'),
  'polygon-zkevm': evm(),
  arbitrum: evm('arbitrum-one', 'arb', 'arb1', 'arbi', 'arb-one', 'arb-eth', 'arbeth', 'eip155-42161'),
  'arbitrum-nova': evm(),
  optimism: evm('op', 'opt', 'oeth', 'op-mainnet', 'op-eth', 'opeth', 'optimistic-ethereum', 'eip155-10'),
  base: evm('base-eth', 'base-evm', 'eip155-8453'),
  zksync: evm('zksync-era', 'zks-era', 'era', 'zksync2'),
  linea: evm('linea-eth'),
  scroll: evm('scroll-eth'),
  mantle: evm('mnt'),
  blast: evm('blast-eth'),
  manta: evm('manta-pacific'),
  mode: evm(),
  taiko: evm(),
  unichain: evm(),
  berachain: evm('bera'),
  worldchain: evm('world', 'wld'),
  abstract: evm(),
  ink: evm(),
  soneium: evm(),
  plasma: evm('xpl'),
  monad: evm('mon'),
  kaia: evm('klaytn', 'klay'),
  hyperliquid: evm('hype', 'hypercore', 'hyperliquid-l1'),
  hyperevm: evm('hype-evm'),
  fantom: evm('ftm', 'fantom-opera', 'opera'),
  sonic: evm(),
  cronos: { ...evm('cro-evm', 'crc20', 'cronos-evm'), read: evmBech32Reader('crc') },
  gnosis: evm('xdai', 'gno'),
  celo: evm(),
  aurora: evm(),
  metis: evm('metis-andromeda'),
  moonbeam: evm('glmr'),
  moonriver: evm('movr'),
  'kava-evm': evm(),
  okc: evm('oktc', 'okex-chain', 'okt', 'kip20', 'okx-chain'),
  'x-layer': evm('okb-x-layer'),
  heco: evm('hrc20', 'heco-chain', 'ht'),
  kcc: evm('kucoin-community-chain', 'kcs'),
  vechain: evm('vet', 'vechain-thor'),
  theta: evm('theta-fuel'),
  'ethereum-classic': evm('etc'),
  'ethereum-pow': evm('ethw'),
  rootstock: evm('rsk', 'rbtc'),
  xdc: evm('xinfin', 'xdc-network'),
  ronin: evm('ron'),
  harmony: { ...evm('one', 'harmony-one'), read: evmBech32Reader('one') },
  evmos: { ...evm(), read: evmBech32Reader('evmos') },
  iotex: { ...evm('iotx'), read: evmBech32Reader('io') },
  injective: { ...evm('inj'), read: evmBech32Reader('inj'), tag: 'text' },
  avalanche: {
    aliases: [
      'avax',
      'avaxc',
      'avax-c',
      'cavax',
      'avalanche-c',
      'c-chain',
      'avax-c-chain',
      'avalanche-c-chain',
      'avax-cchain',
    ],
    read: avalancheReader(),
    schemes: EVM_SCHEMES,
  },
  'avalanche-x': {
    aliases: ['avaxx', 'xavax', 'avax-x', 'x-chain', 'avax-x-chain', 'avalanche-x-chain'],
    family: 'avalanche',
    read: avalancheReader('X'),
  },
  'avalanche-p': {
    aliases: ['avaxp', 'pavax', 'avax-p', 'p-chain', 'avax-p-chain', 'avalanche-p-chain'],
    family: 'avalanche',
    read: avalancheReader('P'),
  },
  tron: { aliases: ['trx', 'trc20', 'trc10', 'trx-trc20'], read: readTron, schemes: ['tron', 'trx'] },
  solana: { aliases: ['sol', 'spl'], read: readSolana, schemes: ['solana'] },
  ton: {
    aliases: ['toncoin', 'the-open-network', 'open-network', 'jetton', 'ton2', 'toncoin-new'],
    read: readTon,
    schemes: ['ton', 'tonkeeper'],
    tag: 'text',
    tagParameters: ['text'],
  },
  ripple: {
    aliases: ['xrp', 'xrpl', 'xrp-ledger', 'ripple-net'],
    read: readRipple,
    schemes: ['ripple', 'xrpl', 'xrp'],
    tag: 'uint32',
    tagParameters: ['dt', 'tag', 'destination_tag', 'destinationtag'],
  },
  stellar: {
    aliases: ['xlm', 'stellar-lumens', 'lumens'],
    read: readStellar,
    schemes: ['web+stellar', 'stellar', 'xlm'],
    tag: 'stellar-memo',
    addressParameters: ['destination'],
  },

  cosmos: cosmos('cosmos', 'atom', 'cosmos-hub', 'gaia'),
  osmosis: cosmos('osmo', 'osmo'),
  celestia: cosmos('celestia', 'tia'),
  thorchain: cosmos('thor', 'rune', 'thor'),
  maya: cosmos('maya', 'cacao', 'mayachain'),
  dydx: cosmos('dydx', 'dydx-chain', 'dydx-v4'),
  dymension: cosmos('dym', 'dym'),
  kava: { ...cosmos('kava'), read: firstOf(cosmosReader('kava'), readEvm) },
  'cronos-pos': cosmos('cro', 'cro', 'crypto-org', 'cronos-pos-chain', 'crypto-com'),
  'bnb-beacon': cosmos('bnb', 'bep2', 'bnb-beacon-chain', 'binance-chain', 'bnb-bep2'),
  terra: cosmos('terra', 'luna', 'terra2', 'luna2', 'phoenix'),
  'terra-classic': cosmos('terra', 'lunc', 'ustc', 'columbus', 'luna-classic'),
  axelar: cosmos('axelar', 'axl'),
  akash: cosmos('akash', 'akt'),
  secret: cosmos('secret', 'scrt'),
  juno: cosmos('juno'),
  stargaze: cosmos('stars', 'stars'),
  stride: cosmos('stride', 'strd'),
  kujira: cosmos('kujira', 'kuji'),
  noble: cosmos('noble'),
  neutron: cosmos('neutron', 'ntrn'),
  saga: cosmos('saga'),
  band: cosmos('band', 'band-protocol'),
  'fetch-ai': cosmos('fetch', 'fetch', 'fet', 'asi'),
  persistence: cosmos('persistence', 'xprt'),
  initia: cosmos('init', 'init'),
  babylon: cosmos('bbn', 'bbn'),
  sei: {
    aliases: ['sei-network', 'sei-evm', 'sei-v2'],
    read: firstOf(cosmosReader('sei'), readEvm),
    schemes: COSMOS_SCHEMES,
    tag: 'text',
  },

  polkadot: { aliases: ['dot', 'polkadot-relay'], read: readSubstrate, schemes: ['substrate'] },
  'polkadot-asset-hub': {
    aliases: ['asset-hub', 'assethub-polkadot', 'statemint', 'dot-asset-hub'],
    read: readSubstrate,
    schemes: ['substrate'],
  },
  kusama: { aliases: ['ksm'], read: readSubstrate, schemes: ['substrate'] },
  bittensor: { aliases: ['tao'], read: readSubstrate },
  acala: { aliases: ['aca'], read: readSubstrate },
  astar: { aliases: ['astr'], read: firstOf(readSubstrate, readEvm) },
  cardano: { aliases: ['ada'], read: readCardano, schemes: ['web+cardano', 'cardano'] },
  algorand: { aliases: ['algo'], read: readAlgorand, schemes: ['algorand'] },
  tezos: { aliases: ['xtz'], read: readTezos, schemes: ['tezos', 'web+tezos'] },
  near: { aliases: ['near-protocol', 'nep141'], read: readNear, schemes: ['near'] },
  aptos: { aliases: ['apt'], read: hexReader(64), schemes: ['aptos'] },
  sui: { read: hexReader(64), schemes: ['sui'] },
  starknet: { aliases: ['strk', 'starknet-eth', 'starkware'], read: readStarknet, schemes: ['starknet'] },
  flow: { read: hexReader(16), schemes: ['flow'] },
  hedera: {
    aliases: ['hbar', 'hedera-hashgraph', 'hashgraph', 'hts'],
    read: readHedera,
    schemes: ['hedera'],
    tag: 'text',
    tagBytes: 100,
  },
  filecoin: { aliases: ['fil'], read: readFilecoin, schemes: ['filecoin'] },
  'internet-computer': {
    aliases: ['icp', 'dfinity', 'internet-computer-protocol'],
    read: readInternetComputer,
    schemes: ['icp'],
    tag: 'uint64-zero-is-none',
  },
  nano: { aliases: ['xno'], read: readNano, schemes: ['nano', 'xno'] },
  stacks: { aliases: ['stx', 'sip010'], read: readStacks, schemes: ['stacks'], tag: 'text', tagBytes: 34 },
  eos: { aliases: ['antelope', 'vaulta', 'eosio'], read: readAntelope, schemes: ['eos'], tag: 'text' },
  wax: { aliases: ['waxp'], read: readAntelope, schemes: ['wax'], tag: 'text' },
  telos: { aliases: ['tlos'], read: readAntelope, tag: 'text' },
  nem: { aliases: ['xem'], read: readNem, schemes: ['nem'], tag: 'text' },
  hive: { aliases: ['hbd'], read: readGraphene, tag: 'text' },
  steem: { aliases: ['sbd'], read: readGraphene, tag: 'text' },
  bitshares: { aliases: ['bts'], read: readGraphene, tag: 'text' },
  iost: { read: nameReader(/^[a-z0-9_]{5,11}$/) },
  multiversx: { aliases: ['egld', 'elrond'], read: cosmosReader('erd') },
};

const NETWORKS: ReadonlyMap<string, Network> = new Map(
  Object.entries(DEFINITIONS).flatMap(
    ([name, { aliases = [], family = name, read, tag, tagBytes = MAX_TEXT_BYTES, ...uri }]) => {
      const network: Network = {
        name,
        family,
        read,
        tagBytes,
        schemes: uri.schemes ?? [],
        tagParameters: uri.tagParameters ?? (tag === undefined ? [] : ['memo']),
        addressParameters: uri.addressParameters ?? [],
        ...(tag === undefined ? {} : { tag }),
      };
      return [name, ...aliases].map((alias) => [compactName(alias), network] as const);
    },
  ),
);

/** Names of all networks in the table. */
export const NETWORK_NAMES: readonly string[] = Object.keys(DEFINITIONS);

const OWN_NAMES: ReadonlySet<string> = new Set(NETWORK_NAMES.map(compactName));

/** Other names of each network, for who checks that none means two. */
export function aliasesOf(name: string): readonly string[] {
  return DEFINITIONS[name]?.aliases ?? [];
}

/** The network of a name, as exchanges write it; undefined if it is not in the table. */
export function networkOf(text: string): Network | undefined {
  return NETWORKS.get(text) ?? findNetwork(text, NETWORKS, OWN_NAMES);
}
