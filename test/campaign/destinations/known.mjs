const SPELLING = 'refuses a spelling';
const OTHER_PLACE = 'refuses what we read as another place';
const READS = 'reads what we refuse';
const SPLITS = 'splits what we join';

const EVM_NETWORKS = 'ethereum bsc polygon rootstock xdc ronin harmony injective evmos iotex'.split(' ');
const EVM_LIBRARIES = ['viem', 'ethers', '@ensdomains/address-encoder', '@harmony-js/crypto'];
const DIGITS = /^(?:0x|xdc|ronin:)?[0-9a-f]{40}$/i;
const ICAP = /^XE\d\d[0-9A-Z]{30,31}$/i;
const ENS = '@ensdomains/address-encoder';

/**
 * Where a library and we disagree, and why that is as it should be. Whatever is not listed fails the campaign.
 *
 * @property when texts that it holds for; absent: all
 */
export const KNOWN = [
  ...EVM_LIBRARIES.flatMap((library) => [
    {
      library,
      kind: SPELLING,
      networks: EVM_NETWORKS,
      when: /^(?:0x|xdc|ronin:)?[0-9a-f]{40}$|^XE\d\d[0-9A-Z]{30,31}$|^(?:one|inj|evmos|io)1[0-9a-z]{38,}$/i,
      why: 'reads few of the forms: the case, 0x, ICAP, prefixes of chains and EIP-1191 are spelling',
    },
    {
      library,
      kind: OTHER_PLACE,
      networks: EVM_NETWORKS,
      when: ICAP,
      why: 'does not read ICAP, or in capitals only; its check, the remainder by 97, lets one fault in 97 through',
    },
    {
      library,
      kind: OTHER_PLACE,
      networks: EVM_NETWORKS,
      when: DIGITS,
      why: 'a digit was changed: the capitals are no checksum then, and they are not looked at, since chains count them differently',
    },
  ]),
  ...['bitcoinjs-lib', '@scure/btc-signer', ENS].map((library) => ({
    library,
    kind: SPELLING,
    networks: ['litecoin', 'digibyte'],
    when: /^3/,
    why: 'knows one version byte of scripts: 3... is the older spelling of M... (Litecoin) and S... (DigiByte)',
  })),
  { library: '@bitauth/libauth', kind: SPELLING, networks: ['bitcoin-cash'], why: 'reads CashAddr only' },
  {
    library: '@bitauth/libauth',
    kind: READS,
    networks: ['bitcoin-cash'],
    when: /[a-z].*[A-Z]|[A-Z].*[a-z]/,
    why: 'without its prefix, reads a CashAddr of mixed case, which the specification refuses',
  },
  {
    library: 'bchaddrjs',
    kind: SPELLING,
    networks: ['bitcoin-cash'],
    when: /^(?:bitcoincash:)?z|^(?:bitcoincash:)?[13CHr]|^[A-Z0-9]+$/i,
    why: 'refuses token-aware addresses, capitals without the prefix, and the prefix before a legacy address',
  },
  {
    library: ENS,
    kind: SPELLING,
    networks: ['bitcoin-cash'],
    why: "refuses BitPay's and token-aware addresses, and the prefix before a legacy address",
  },
  {
    library: 'multicoin-address-validator',
    kind: SPELLING,
    networks: ['bitcoin-cash'],
    why: "refuses BitPay's, token-aware and capital addresses",
  },
  {
    library: 'multicoin-address-validator',
    kind: READS,
    networks: ['bitcoin-cash'],
    why: 'does not compute the checksum of CashAddr',
  },
  {
    library: 'ecashaddrjs',
    kind: SPELLING,
    networks: ['ecash'],
    when: /^[13]/,
    why: 'refuses legacy addresses',
  },
  {
    library: ENS,
    kind: SPELLING,
    networks: ['bitcoin-sv'],
    when: /^3/,
    why: 'refuses scripts, which are older than the fork',
  },
  { library: ENS, kind: SPELLING, networks: ['zcash'], when: /^tex1/i, why: 'refuses ZIP 320' },
  ...[SPELLING, OTHER_PLACE].flatMap((kind) => [
    {
      library: '@cosmjs/encoding',
      kind,
      networks: ['sei'],
      when: DIGITS,
      why: "the account's other form is not its own",
    },
    { library: ENS, kind, networks: ['avalanche'], when: DIGITS, why: "the C-Chain's form is not its own" },
    {
      library: 'tronweb',
      kind,
      networks: ['tron'],
      when: /^(?:0x)?(?:41)?[0-9a-f]{40}$/i,
      why: 'refuses 20 bytes alone and any 0x; hex has no checksum',
    },
    {
      library: 'c32check',
      kind,
      networks: ['stacks'],
      when: /[a-z]|\./,
      why: 'refuses small letters; does not read names of contracts, which are part of the place',
    },
    {
      library: '@wharfkit/antelope',
      kind,
      networks: ['eos', 'wax'],
      when: /[A-Z]/,
      why: 'names have small letters only',
    },
    {
      library: '@emurgo/cardano-serialization-lib-nodejs',
      kind,
      networks: ['cardano'],
      when: /^[0-9a-f]+$/i,
      why: 'reads bytes by another call; hex has no checksum',
    },
    {
      library: '@aptos-labs/ts-sdk',
      kind,
      networks: ['aptos'],
      why: 'refuses 0X, and few digits but for 0x0 to 0xf',
    },
    {
      library: '@mysten/sui',
      kind,
      networks: ['sui'],
      why: 'its check wants 64 digits; its own normal form pads',
    },
    {
      library: '@glif/filecoin-address',
      kind,
      networks: ['filecoin'],
      when: /^0x/i,
      why: 'reads 0x by another call',
    },
    {
      library: ENS,
      kind,
      networks: ['polkadot', 'kusama'],
      why: 'takes one prefix only; any prefix, or none, is the same key',
    },
    {
      library: '@polkadot/util-crypto',
      kind,
      networks: ['polkadot', 'kusama'],
      when: /^(?:0X)?[0-9a-f]{64}$/i,
      why: 'refuses 0X and hex without 0x',
    },
  ]),
  {
    library: ENS,
    kind: 'joins what we split',
    networks: ['avalanche'],
    when: /avax1/i,
    why: 'drops the letter, which names one of three chains',
  },
  {
    library: '@icp-sdk/canisters',
    kind: READS,
    networks: ['internet-computer'],
    when: /^[^-]{60,}-?$/,
    why: 'does not compute the checksum of account ids, and does not look at a last character that is no digit',
  },
  {
    library: '@wharfkit/antelope',
    kind: READS,
    networks: ['eos', 'wax'],
    when: /^.{13}$/,
    why: 'cuts a bit from the thirteenth letter, which makes another name of it',
  },
  {
    library: '@polkadot/util-crypto',
    kind: READS,
    networks: ['polkadot', 'kusama'],
    when: /^[1-9A-HJ-NP-Za-km-z]{46,49}$/,
    why: 'takes one byte of checksum behind a key of 32 bytes and a prefix of two, where SS58 has two',
  },
  {
    library: 'nem-sdk',
    kind: READS,
    networks: ['nem'],
    when: /[^A-Z2-7-]/i,
    why: 'takes characters that its alphabet does not have',
  },
  {
    library: 'ethers',
    kind: READS,
    networks: EVM_NETWORKS,
    when: ICAP,
    why: 'makes 41 digits of an ICAP number above 20 bytes',
  },
  {
    library: ENS,
    kind: READS,
    networks: ['avalanche'],
    when: /avax1/i,
    why: 'takes anything before the hyphen, and drops it',
  },
  {
    library: '@hiero-ledger/sdk',
    kind: SPLITS,
    networks: ['hedera'],
    when: /0{24}/,
    why: 'reads the long form of a number as the alias of a key',
  },
  {
    library: '@hiero-ledger/sdk',
    kind: READS,
    networks: ['hedera'],
    why: 'does not compute checksums, and takes letters as the last number',
  },
  { library: '@hiero-ledger/sdk', kind: SPELLING, networks: ['hedera'], when: /0X/, why: 'refuses 0X' },
  {
    library: '@dfinity/principal',
    kind: SPELLING,
    networks: ['internet-computer'],
    when: /^[0-9a-f]{64}$|\./i,
    why: 'reads principals only',
  },
  {
    library: '@dfinity/principal',
    kind: SPELLING,
    networks: ['internet-computer'],
    when: /[A-Z]/,
    why: 'compares with its own spelling, in small letters',
  },
  {
    library: '@icp-sdk/canisters',
    kind: SPELLING,
    networks: ['internet-computer'],
    when: /-/,
    why: 'reads account ids only, by this call',
  },
  {
    library: ENS,
    kind: SPLITS,
    networks: ['nano'],
    when: /^xrb/,
    why: 'reads xrb_ as other bytes than nano_',
  },
  { library: ENS, kind: READS, networks: ['nano'], why: 'does not compute the checksum' },
  {
    library: 'nanocurrency',
    kind: SPELLING,
    networks: ['nano'],
    when: /^(?:nano|xrb)-/,
    why: 'refuses the hyphen of older wallets',
  },
  {
    library: '@kaspa/core-lib',
    kind: SPELLING,
    networks: ['kaspa'],
    when: /^q/,
    why: 'wants the prefix, which the checksum covers',
  },
  {
    library: '@kaspa/core-lib',
    kind: READS,
    networks: ['kaspa'],
    when: /^KASPA:/,
    why: "reads capitals, which the network's own code refuses",
  },
];

/** Why a disagreement about a text is known; undefined if it is new. */
export function explanationOf(network, library, kind, text) {
  return KNOWN.find(
    (row) =>
      row.library === library &&
      row.kind === kind &&
      row.networks.includes(network) &&
      (row.when === undefined || row.when.test(text)),
  )?.why;
}
