import { bech32, bech32m } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { compactName } from '../../../src/identity/destination/network-names.js';
import { aliasesOf, NETWORK_NAMES } from '../../../src/identity/destination/networks.js';
import {
  type DestinationReading,
  destinationKey,
  readDestination,
} from '../../../src/identity/destination/read-destination.js';
import type { TagInput } from '../../../src/identity/destination/tags.js';

const EVM = '0x7887377a1760aB09c32E9E08efC7F18F66C42d3a';
const TRON = 'TLxW56m7pFdzqzRHbYyfxtL7R5TRMXmZPh';
const COSMOS = 'cosmos18wjzxww5caftcaqasq8z8r7y9hgprzzyrfyjql';
const XRP = 'raSMVoKrv6B4SA3ZDUMrLo8qeQsaB6bvKk';
const STELLAR = 'GC5TYCUIOLKHWRDF4UKXGGUV23GKLOA4P6LQI2ITLOTILX6H4AR52RKR';

const value = (text: string, type?: string): TagInput => ({
  kind: 'value',
  value: text,
  ...(type === undefined ? {} : { type }),
});
const key = (...args: Parameters<typeof readDestination>): string =>
  destinationKey(readDestination(...args)).join('\n');
const doubt = (...args: Parameters<typeof readDestination>): DestinationReading['doubt'] =>
  readDestination(...args).doubt;

describe('names of networks, as exchanges print them', () => {
  test.each([
    [
      'ethereum',
      ['ERC20', 'ERC-20', 'erc 20', 'Ethereum (ERC20)', 'ETH(ERC20)', 'USDT-ERC20', 'USDC_ETH', 'eip155:1'],
    ],
    [
      'bsc',
      [
        'BEP20(BSC)',
        'BNB Smart Chain (BEP20)',
        'BEP20 (BNB Smart Chain)',
        'Binance Smart Chain',
        'BSC_BNB',
        'BNB',
      ],
    ],
    [
      'tron',
      [
        'USDT (TRC20)',
        'USDT(Tron)',
        'TRC20',
        'Tron (TRC20)',
        'TRX(TRC20)',
        'USDT-TRC20',
        'TRON/TRC20',
        'TRX',
      ],
    ],
    ['polygon', ['MATIC', 'POL', 'Polygon POS', 'Polygon Network', 'MATIC-Polygon']],
    ['arbitrum', ['Arbitrum One', 'ARBITRUMONE', 'arbitrum_one', 'ARB', 'ARBI', 'USDT-Arbitrum One']],
    ['optimism', ['OP', 'OP Mainnet', 'Optimism (OP)', 'ETH-Optimism', 'OPTIMISM']],
    [
      'avalanche',
      ['AVAXC', 'CAVAX', 'AVAX C-Chain', 'Avalanche C-Chain', 'AVAX_CCHAIN', 'USDT-Avalanche C-Chain'],
    ],
    ['avalanche-x', ['AVAXX', 'XAVAX', 'Avalanche X-Chain']],
    [
      'bitcoin',
      ['BTC', 'Bitcoin Mainnet', 'BTC-SegWit', 'BTC(SegWit)', 'Native SegWit', 'Taproot', 'BRC20', 'XBT'],
    ],
    ['lightning', ['LIGHTNING', 'Lightning Network', 'BTC-Lightning', 'LN']],
    ['bitcoin-cash', ['BCH', 'BitcoinCash', 'Bitcoin Cash', 'bitcoin_cash']],
    ['ripple', ['XRP', 'XRP Ledger', 'Ripple (XRP)', 'XRPL']],
    ['ton', ['TON', 'Toncoin', 'The Open Network', 'TON (Toncoin)']],
    ['cosmos', ['ATOM', 'Cosmos Hub', 'cosmoshub']],
    ['internet-computer', ['ICP', 'Internet Computer (ICP)', 'Internet Computer Protocol']],
    ['hedera', ['HBAR', 'Hedera Hashgraph']],
    ['terra-classic', ['LUNC', 'Terra Classic']],
  ] as const)('%s', (network, names) => {
    expect(names.map((name) => readDestination(name, 'x').network)).toEqual(names.map(() => network));
  });

  test.each([
    ['', 'NETWORK_ABSENT'],
    [' \u00a0', 'NETWORK_ABSENT'],
    ['mainnet', 'NETWORK_UNKNOWN'],
    ['USDT', 'NETWORK_UNKNOWN'],
    ['Ethereum (Sepolia)', 'NETWORK_UNKNOWN'],
    ['sepolia-eth', 'NETWORK_UNKNOWN'],
    ['Bitcoin Testnet', 'NETWORK_UNKNOWN'],
    ['ETH-Holesky', 'NETWORK_UNKNOWN'],
    ['Ethereum (BSC)', 'NETWORK_UNKNOWN'],
    ['ETH/TRX', 'NETWORK_UNKNOWN'],
    ['Elsewhere (ETH)', 'NETWORK_UNKNOWN'],
    ['Elsewhere-ETH', 'NETWORK_UNKNOWN'],
    ['Base-ETH-Elsewhere', 'NETWORK_UNKNOWN'],
    ['arbitrum-goerli', 'NETWORK_UNKNOWN'],
    [`${'e'.repeat(100)}`, 'NETWORK_UNKNOWN'],
  ])('%s is none of the real networks', (name, wanted) => {
    expect(doubt(name, EVM)).toBe(wanted);
  });

  test('no name means two networks', () => {
    const owners = new Map<string, string>();
    const twice: string[] = [];
    for (const network of NETWORK_NAMES) {
      for (const name of new Set([network, ...aliasesOf(network)].map(compactName))) {
        const owner = owners.get(name);
        if (owner !== undefined) twice.push(`${name}: ${owner} and ${network}`);
        owners.set(name, network);
      }
    }
    expect(twice).toEqual([]);
  });
});

describe('payment requests', () => {
  test.each([
    ['ripple', `ripple:${XRP}?dt=42`, XRP, value('42')],
    ['ripple', `XRPL:${XRP}?amount=5&DT=0042`, XRP, value('42')],
    [
      'stellar',
      `web+stellar:pay?destination=${STELLAR}&amount=1&memo=7&memo_type=MEMO_ID`,
      STELLAR,
      value('7', 'id'),
    ],
    ['stellar', `stellar:${STELLAR}?memo=a%20b`, STELLAR, value('a b', 'text')],
    ['cosmos', `cosmos:${COSMOS}?memo=1001`, COSMOS, value('1001')],
    [
      'bitcoin',
      'bitcoin:?bc=bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj',
      'bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj',
      undefined,
    ],
    ['ethereum', `ethereum:pay-${EVM}@0x1/?value=1`, EVM, undefined],
    ['polygon', `matic:${EVM}`, EVM, undefined],
    ['ethereum', `ethereum:usdt.eth/transfer?address=${EVM}&uint256=1`, EVM, undefined],
    ['tron', `tron://${TRON}?amount=1`, TRON, undefined],
    ['tron', `tron: ${TRON}`, TRON, undefined],
  ] as const)('%s %s', (network, text, address, tag) => {
    expect(doubt(network, text)).toBeUndefined();
    expect(key(network, text)).toBe(key(network, address, tag));
  });

  test('a tag in the request that the field contradicts, or two of them, is picked by nobody', () => {
    const conflict = 'DESTINATION_TAG_CONFLICT';
    expect(doubt('ripple', `ripple:${XRP}?dt=1`, value('2'))).toBe(conflict);
    expect(doubt('ripple', `ripple:${XRP}?dt=1`, { kind: 'none' })).toBe(conflict);
    expect(doubt('ripple', `ripple:${XRP}?dt=1&tag=2`)).toBe(conflict);
    expect(doubt('ripple', `ripple:${XRP}?dt=1&tag=01`, value('1'))).toBeUndefined();
    expect(doubt('ripple', 'X7mGQqmmzYqBfGyv3tfK1vgGQ1bCLvwBCyW4AMMHeh2ZPsd?dt=3')).toBe(conflict);
  });

  test('each tag of a contradiction is named once; a text with a crowd of them is no address', () => {
    const query = (count: number) => Array.from({ length: count }, (_, index) => `dt=${index}`).join('&');
    const contested = (count: number) =>
      readDestination('ripple', `ripple:${XRP}?${query(count)}&${query(count)}`).contested?.tags;
    expect(contested(2)).toHaveLength(2);
    expect(contested(4)).toHaveLength(4);
    expect(doubt('ripple', `ripple:${XRP}?${query(5)}`)).toBe('ADDRESS_UNREADABLE');
  });

  test.each([
    ['of a call that pays nobody knows whom', `ethereum:${EVM}/approve?address=${EVM}`],
    ['of a transfer to two', `ethereum:${EVM}/transfer?address=${EVM}&address=${EVM}`],
    ['of a transfer to nobody', `ethereum:${EVM}/transfer?uint256=1`],
    ['of another scheme', `bitcoin:${EVM}`.replace('0x', '')],
  ])('%s is not read', (_, text) => {
    expect(doubt('ethereum', text)).toBe('ADDRESS_UNREADABLE');
  });
});

describe('what prints as nothing', () => {
  test.each([' ', '\u00a0', '\t', '\n', '\u200b', '\ufeff', '\u2060', '\u202c', '\u200e'])(
    '%j at the ends',
    (mark) => {
      expect(key('tron', `${mark}${TRON}${mark}`)).toBe(key('tron', TRON));
    },
  );

  test('inside it stays: nobody knows what it was', () => {
    expect(doubt('tron', `${TRON.slice(0, 9)}\u200b${TRON.slice(9)}`)).toBe('ADDRESS_UNREADABLE');
  });
});

describe('families', () => {
  test('an EVM account is one on all chains that have them, with what each calls it', () => {
    const hex = Buffer.from(EVM.slice(2), 'hex');
    const one = (hrp: string): string => bech32.encode(hrp, bech32.toWords(hex));
    const spellings = [
      ['ethereum', EVM],
      ['avalanche', EVM],
      ['sei', EVM],
      ['kava', EVM],
      ['hedera', EVM],
      ['harmony', one('one')],
      ['injective', one('inj')],
      ['evmos', one('evmos')],
      ['iotex', one('io')],
      ['cronos', one('crc')],
      ['xdc', `xdc${EVM.slice(2)}`],
      ['ronin', `ronin:${EVM.slice(2)}`],
    ] as const;
    expect(new Set(spellings.map(([network, text]) => key(network, text))).size).toBe(1);
    expect(spellings.map(([network, text]) => readDestination(network, text).network)).toEqual(
      spellings.map(([network]) => network),
    );
  });

  test('the same bytes elsewhere are another place', () => {
    const places = ['ethereum', 'tron', 'filecoin', 'near', 'aptos', 'sui'].map((network) =>
      key(network, EVM),
    );
    expect(new Set(places).size).toBe(places.length);
    const legacy = '1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu';
    const forks = ['bitcoin', 'bitcoin-cash', 'bitcoin-sv', 'ecash'].map((network) => key(network, legacy));
    expect(new Set(forks).size).toBe(forks.length);
    const ss58 = '15EVnqre9BEQaWmE68pzb2jasmjQD7ad1H4aV4aSLHGsJMyR';
    expect(key('polkadot', ss58)).not.toBe(key('kusama', ss58));
  });
});

describe('weak links are offered, and join nothing', () => {
  const linksOf = (network: string, text: string): readonly string[] => readDestination(network, text).links;

  test('one key on two chains of Cosmos', () => {
    const osmosis = bech32.encode('osmo', bech32.decode(COSMOS as `${string}1${string}`).words);
    expect(linksOf('osmosis', osmosis)).toEqual(linksOf('cosmos', COSMOS));
    expect(linksOf('cosmos', COSMOS)).toHaveLength(1);
    expect(key('osmosis', osmosis)).not.toBe(key('cosmos', COSMOS));
  });

  test("one stake part behind two of Cardano's addresses", () => {
    const stake = 'cd'.repeat(28);
    const [one, other] = [`01${'aa'.repeat(28)}${stake}`, `01${'bb'.repeat(28)}${stake}`];
    expect(linksOf('cardano', one)).toEqual([`cardano-stake:0:${stake}`]);
    expect(linksOf('cardano', other)).toEqual(linksOf('cardano', one));
    expect(key('cardano', one)).not.toBe(key('cardano', other));
    expect(linksOf('cardano', `61${'aa'.repeat(28)}`)).toEqual([]);
  });

  test('one key on TRON and on EVM chains, and on two chains of Substrate', () => {
    expect(linksOf('tron', TRON)).toEqual(linksOf('ethereum', EVM));
    const key32 = `0x${'ab'.repeat(32)}`;
    expect(linksOf('polkadot', key32)).toEqual(linksOf('kusama', key32));
  });

  test('what is not read has none', () => {
    expect(linksOf('cosmos', 'cosmos1x')).toEqual([]);
    expect(linksOf('ripple', XRP)).toEqual([]);
  });
});

describe('never joined, never repaired', () => {
  test.each([
    ['bitcoin', 'bc1Q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj'],
    ['bitcoin', 'bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyk'],
    ['bitcoin', 'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx'],
    ['bitcoin', 'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn'],
    ['bitcoin-cash', 'bitcoincash:qQa6ggee6nr490r5rkqqugu0cskaqyvggsq2906ucy'],
    ['bitcoin-cash', 'bchtest:qqa6ggee6nr490r5rkqqugu0cskaqyvggsq2906ucy'],
    ['cosmos', 'cosmos18wjzxww5caftcaqasq8z8r7y9hgprzzyrfyjqm'],
    ['cosmos', 'osmo18wjzxww5caftcaqasq8z8r7y9hgprzzyqtr8ad'],
    ['avalanche', 'avax18wjzxww5caftcaqasq8z8r7y9hgprzzyktfmez'],
    ['avalanche-x', 'P-avax18wjzxww5caftcaqasq8z8r7y9hgprzzyktfmez'],
    ['stellar', 'GC5TYCUIOLKHWRDF4UKXGGUV23GKLOA4P6LQI2ITLOTILX6H4AR52RKS'],
    ['stellar', 'MC5TYCUIOLKHWRDF4UKXGGUV23GKLOA4P6LQI2ITLOTILX6H4AR52AAAAAAAAAAAAA56V'],
    ['ton', 'EQBYGlpNh3mlxO5yb-rKp6wXcxJAj77HuScEOUaTnnVBYxnS'],
    ['hedera', '0.0.123-vfmkx'],
    ['kaspa', 'KASPA:QQMQ608MTDMZ9YJD0LFF8DUWEQ7QF2Z0JQ363CLEPTA87QF2NWTMJADWDGQUR'],
    ['starknet', `0x8${'0'.repeat(63)}`],
    ['cardano', 'stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw'],
    ['algorand', 'xm6avcds2r5uizpfcvzrvfowzss3qhd7s4cgse23u2c57r7aepo4rbclg4'],
    ['eos', 'aaaaaaaaaaaak'],
    ['filecoin', 'F01234'],
    ['ethereum', 'XE36E2UFJZLCHN5ADJZPU36XDKS0ZDS1H6I'],
    ['litecoin', 'bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj'],
    // A zero left out, found by the campaign with seed 22.
    ['stacks', 'SP5BZC0ABMS42EZF76M0F3M9BXHWNJA26M9CVWT'],
    ['dogecoin', '1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu'],
  ])('%s %s', (network, text) => {
    expect(readDestination(network, text)).toMatchObject({
      doubt: 'ADDRESS_UNREADABLE',
      account: `text:${text}`,
    });
  });

  test("Hedera's checksum is the main network's (HIP-15)", () => {
    expect(key('hedera', '0.0.123-vfmkw')).toBe(key('hedera', '0.0.123'));
  });

  test('the bits of Algorand are looked at by nobody, those of SEP-23 by everybody', () => {
    const [like, unlike] = ['A', 'B'].map((last) => `GA${'A'.repeat(53)}${last}`);
    expect(doubt('stellar', like ?? '')).toBe('ADDRESS_UNREADABLE');
    expect(doubt('stellar', unlike ?? '')).toBe('ADDRESS_UNREADABLE');
  });
});

describe('read as they are', () => {
  const words = bech32.toWords(Uint8Array.from({ length: 43 }, (_, index) => index));
  const shielded = bech32.encode('zs', words);
  const unified = bech32m.encode('u', words, 256);
  const silent = bech32m.encode('sp', [0, ...words], 256);
  const mweb = bech32.encode('ltcmweb', [0, ...bech32.toWords(new Uint8Array(66).fill(3))], 256);

  test.each([
    ['zcash', shielded],
    ['zcash', unified],
    ['bitcoin', silent],
    ['litecoin', mweb],
  ])('%s %s, in either case', (network, text) => {
    expect(doubt(network, text)).toBeUndefined();
    expect(key(network, text.toUpperCase())).toBe(key(network, text));
    const mixed = `${text.slice(0, -1)}${text.slice(-1).toUpperCase()}`;
    const hasLetter = mixed !== text;
    expect(doubt(network, hasLetter ? mixed : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`)).toBe(
      'ADDRESS_UNREADABLE',
    );
  });

  test.each([
    ['decred', 'DsUZxxoHJSty8DCfwfartwTYbuhmVct7tJu', 'DsUZxxoHJSty8DCfwfartwTYbuhmVct7tJv'],
    ['decred', 'Dcur2mcGjmENx4DhNqDctW5wJCVyT3Qeqkx', 'Dcur2mcGjmENx4DhNqDctW5wJCVyT3Qeqky'],
  ])('%s by its own checksum', (network, text, mistyped) => {
    expect(doubt(network, text)).toBeUndefined();
    expect(doubt(network, mistyped)).toBe('ADDRESS_UNREADABLE');
  });

  test.each([
    ['hive', 'Alice', '@alice'],
    ['eos', 'alice', 'alice..'],
    ['wax', 'alice.wam', 'alice.wam.'],
    ['near', 'Alice.Near', 'alice.near'],
    ['flow', '0x1654653399040a61', '1654653399040A61'],
    ['flow', '0x01', '1'],
    ['stacks', 'SP000000000000000000002Q6VF78', 'SPOOOOOOOOOOOOOOOOOOOO2Q6VF78'],
    ['stacks', 'SP05BZC0ABMS42EZF76M0F3M9BXHWNJA26M9CVWT', 'SPO5BZCOABMS42EZF76MOF3M9BXHWNJA26M9CVWT'],
  ])('%s %s is %s', (network, one, other) => {
    expect(doubt(network, one)).toBeUndefined();
    expect(key(network, one)).toBe(key(network, other));
  });
});

describe('names can be pointed elsewhere', () => {
  test.each([
    ['ethereum', 'Vitalik.eth'],
    ['ethereum', 'ethereum:vitalik.eth@1'.replace('@1', '')],
    ['ethereum', '🦊fox.eth'],
    ['solana', 'someone.sol'],
    ['ton', 'someone.ton'],
    ['ton', 'someone.t.me'],
    ['bitcoin', '₿someone@wallet.example'],
    ['lightning', 'someone@wallet.example'],
    ['lightning', 'lightning:someone@wallet.example'],
    ['ripple', 'someone$wallet.example'],
    ['stellar', 'someone*wallet.example'],
    ['polygon', 'someone.crypto'],
    ['sui', 'someone.sui'],
    ['aptos', 'someone.apt'],
  ])('%s %s', (network, text) => {
    expect(readDestination(network, text)).toMatchObject({ doubt: 'NAME', links: [] });
    expect(readDestination(network, text.toUpperCase()).account).toMatch(/^name:/);
  });

  test('an invoice of Lightning as well, in one case and with its checksum', () => {
    const invoice = bech32.encode('lnbc20u', bech32.toWords(new Uint8Array(300).fill(7)), 1_024);
    const wanted = { doubt: 'NAME', account: `name:${invoice}` };
    expect(readDestination('lightning', invoice)).toMatchObject(wanted);
    expect(readDestination('lightning', invoice.toUpperCase())).toMatchObject(wanted);
    expect(readDestination('lightning', `LIGHTNING:${invoice.toUpperCase()}`)).toMatchObject(wanted);
    expect(doubt('lightning', `${invoice.slice(0, 20)}${invoice.slice(20).toUpperCase()}`)).toBe(
      'ADDRESS_UNREADABLE',
    );
    expect(doubt('lightning', `${invoice.slice(0, -1)}${invoice.endsWith('q') ? 'p' : 'q'}`)).toBe(
      'ADDRESS_UNREADABLE',
    );
  });
});

describe('tags', () => {
  test('two that cannot be read are not one, nor none', () => {
    const keys = ['4294967296', '4294967297', 'seven'].map((tag) => key('ripple', XRP, value(tag)));
    expect(new Set([...keys, key('ripple', XRP)]).size).toBe(4);
  });

  test.each([
    ['ripple', XRP, '42', ' 42 '],
    ['ripple', XRP, '42', '00042'],
    ['stellar', STELLAR, '7', '07'],
  ])('on %s blanks and zeros around numbers are spelling', (network, address, one, other) => {
    expect(key(network, address, value(other))).toBe(key(network, address, value(one)));
  });

  test.each([
    ['stacks', 'SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7', 34],
    ['hedera', '0.0.123', 100],
    ['cosmos', COSMOS, 256],
    ['eos', 'alice', 256],
  ])('on %s a text has at most as many bytes as the network takes', (network, address, most) => {
    expect(doubt(network, address, value('x'.repeat(most)))).toBeUndefined();
    expect(doubt(network, address, value('x'.repeat(most + 1)))).toBe('TAG_UNREADABLE');
    expect(doubt(network, address, value(`${'x'.repeat(most - 1)}ü`))).toBe('TAG_UNREADABLE');
  });

  test("Stellar's types are apart, however they are written", () => {
    const told = (tag: string, type?: string): string => key('stellar', STELLAR, value(tag, type));
    expect(told('7')).toBe(told('7', 'MEMO_ID'));
    expect(told('7', 'text')).not.toBe(told('7'));
    expect(told('ab', 'MEMO_TEXT')).toBe(told('ab'));
    const hash = 'ab'.repeat(32);
    expect(told(hash, 'hash')).toBe(told(Buffer.from(hash, 'hex').toString('base64'), 'MEMO_HASH'));
    expect(told(hash, 'hash')).not.toBe(told(hash, 'return'));
    expect(doubt('stellar', STELLAR, value('7', 'number'))).toBe('TAG_UNREADABLE');
  });

  test('where 0 is none on the ledger it is none, elsewhere it is not', () => {
    const icp = '2vxsx-fae';
    expect(key('icp', icp, value('0'))).toBe(key('icp', icp));
    expect(key('xrp', XRP, value('0'))).not.toBe(key('xrp', XRP));
    expect(key('xlm', STELLAR, value('0'))).not.toBe(key('xlm', STELLAR));
  });
});
