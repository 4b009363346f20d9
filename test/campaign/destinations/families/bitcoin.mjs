import {
  CashAddressNetworkPrefix,
  CashAddressType,
  decodeCashAddressFormatWithoutPrefix,
  encodeCashAddress,
} from '@bitauth/libauth';
import * as ecc from '@bitcoinerlab/secp256k1';
import { getCoderByCoinName } from '@ensdomains/address-encoder';
import { bech32m } from '@scure/base';
import * as btc from '@scure/btc-signer';
import bchaddr from 'bchaddrjs';
import * as bitcoin from 'bitcoinjs-lib';
import * as ecash from 'ecashaddrjs';
import validator from 'multicoin-address-validator';
import { attempt, hex } from '../random.mjs';

bitcoin.initEccLib(ecc);

const NETWORKS = {
  bitcoin: bitcoin.networks.bitcoin,
  litecoin: { ...bitcoin.networks.bitcoin, bech32: 'ltc', pubKeyHash: 0x30, scriptHash: 0x32 },
  dogecoin: { ...bitcoin.networks.bitcoin, bech32: undefined, pubKeyHash: 0x1e, scriptHash: 0x16 },
  dash: { ...bitcoin.networks.bitcoin, bech32: undefined, pubKeyHash: 0x4c, scriptHash: 0x10 },
  'bitcoin-gold': { ...bitcoin.networks.bitcoin, bech32: 'btg', pubKeyHash: 0x26, scriptHash: 0x17 },
  digibyte: { ...bitcoin.networks.bitcoin, bech32: 'dgb', pubKeyHash: 0x1e, scriptHash: 0x3f },
};

/** The address of a payment, by the library's own way from a key. */
function payments(key, network) {
  const { p2pkh, p2sh, p2wpkh, p2wsh, p2tr } = bitcoin.payments;
  const pubkey = key.compressed;
  const bare = [
    ['key, compressed', p2pkh({ pubkey, network }).address],
    ['key, uncompressed', p2pkh({ pubkey: key.uncompressed, network }).address],
    ['script', p2sh({ redeem: p2pkh({ pubkey, network }), network }).address],
  ];
  if (network.bech32 === undefined) return bare;
  return [
    ...bare,
    ['script of a witness key', p2sh({ redeem: p2wpkh({ pubkey, network }), network }).address],
    ['witness key', p2wpkh({ pubkey, network }).address],
    ['witness script', p2wsh({ redeem: p2pkh({ pubkey, network }), network }).address],
    ['taproot', p2tr({ internalPubkey: pubkey.slice(1), network }).address],
  ];
}

function uris(scheme, address, random) {
  const amount = `?amount=${random.below(1000)}.5&label=a%20b`;
  return [
    `${scheme}:${address}`,
    `${scheme.toUpperCase()}:${address}`,
    `${scheme}:${address}${amount}`,
    `${scheme}://${address}`,
  ];
}

function scripts(network, schemes, coin) {
  const parameters = NETWORKS[network];
  const signer = {
    bech32: parameters.bech32 ?? '',
    pubKeyHash: parameters.pubKeyHash,
    scriptHash: parameters.scriptHash,
    wif: 0,
  };
  return {
    network,
    libraries: ['bitcoinjs-lib', '@scure/btc-signer', '@ensdomains/address-encoder'],
    places(random) {
      return payments(random.secp256k1(), parameters).map(([name, address]) => {
        const isBech32 = parameters.bech32 !== undefined && address.startsWith(`${parameters.bech32}1`);
        const capitals = isBech32 ? [address.toUpperCase()] : [];
        // The older version byte of scripts, which Bitcoin has as well.
        const older =
          (network === 'litecoin' || network === 'digibyte') && name.startsWith('script')
            ? [bitcoin.address.toBase58Check(bitcoin.address.fromBase58Check(address).hash, 0x05)]
            : [];
        return {
          name,
          spellings: [
            address,
            ...capitals,
            ...older,
            ...schemes.flatMap((scheme) => uris(scheme, address, random)),
          ],
        };
      });
    },
    peers: [
      {
        name: 'bitcoinjs-lib',
        read: (text) => attempt(() => hex(bitcoin.address.toOutputScript(text, parameters))),
      },
      {
        name: '@scure/btc-signer',
        read: (text) => attempt(() => hex(btc.OutScript.encode(btc.Address(signer).decode(text)))),
      },
      {
        name: '@ensdomains/address-encoder',
        read: (text) => attempt(() => hex(getCoderByCoinName(coin).decode(text))),
      },
    ],
  };
}

const BCH_KINDS = [CashAddressType.p2pkh, CashAddressType.p2sh];
const BCH_TOKEN_KINDS = [CashAddressType.p2pkhWithTokens, CashAddressType.p2shWithTokens];

function cash(prefix, type, payload) {
  const encoded = encodeCashAddress({ payload, prefix, type });
  return typeof encoded === 'string' ? encoded : encoded.address;
}

const bitcoinCash = {
  network: 'bitcoin-cash',
  libraries: ['bchaddrjs', '@bitauth/libauth', '@ensdomains/address-encoder'],
  places(random) {
    const hash = bitcoin.crypto.hash160(random.secp256k1().compressed);
    return BCH_KINDS.map((kind, index) => {
      const address = cash(CashAddressNetworkPrefix.mainnet, kind, hash);
      const withTokens = cash(CashAddressNetworkPrefix.mainnet, BCH_TOKEN_KINDS[index], hash);
      const legacy = bchaddr.toLegacyAddress(address);
      const bare = address.slice('bitcoincash:'.length);
      return {
        name: kind,
        spellings: [
          address,
          bare,
          address.toUpperCase(),
          bare.toUpperCase(),
          legacy,
          bchaddr.toBitpayAddress(address),
          withTokens,
          withTokens.slice('bitcoincash:'.length).toUpperCase(),
          `bitcoincash:${legacy}`,
          `${address}?amount=0.1&message=x`,
        ],
      };
    });
  },
  peers: [
    { name: 'bchaddrjs', read: (text) => attempt(() => bchaddr.toCashAddress(text)) },
    {
      name: '@bitauth/libauth',
      read(text) {
        const decoded = decodeCashAddressFormatWithoutPrefix(text.replace(/^bitcoincash:/, ''), [
          'bitcoincash',
        ]);
        return typeof decoded === 'string' ? undefined : hex([decoded.version & 0x0f, ...decoded.payload]);
      },
    },
    {
      name: '@ensdomains/address-encoder',
      read: (text) => attempt(() => hex(getCoderByCoinName('bch').decode(text))),
    },
    { name: 'multicoin-address-validator', validate: (text) => validator.validate(text, 'bch') },
  ],
};

const ecashFamily = {
  network: 'ecash',
  libraries: ['ecashaddrjs'],
  places(random) {
    const hash = hex(bitcoin.crypto.hash160(random.secp256k1().compressed));
    return ['p2pkh', 'p2sh'].map((kind) => {
      const address = ecash.encodeCashAddress('ecash', kind, hash);
      const version = kind === 'p2pkh' ? 0x00 : 0x05;
      return {
        name: kind,
        spellings: [
          address,
          address.slice('ecash:'.length),
          address.toUpperCase(),
          ecash.encodeCashAddress('etoken', kind, hash),
          bitcoin.address.toBase58Check(Buffer.from(hash, 'hex'), version),
          `${address}?amount=5`,
        ],
      };
    });
  },
  peers: [{ name: 'ecashaddrjs', read: (text) => attempt(() => ecash.getOutputScriptFromAddress(text)) }],
};

const bitcoinSv = {
  network: 'bitcoin-sv',
  libraries: ['bitcoinjs-lib', '@ensdomains/address-encoder'],
  places(random) {
    return payments(random.secp256k1(), { ...NETWORKS.bitcoin, bech32: undefined }).map(
      ([name, address]) => ({
        name,
        spellings: [address, `bitcoin:${address}?sv`, ` ${address}\u00a0`],
      }),
    );
  },
  peers: [
    {
      name: '@ensdomains/address-encoder',
      read: (text) => attempt(() => hex(getCoderByCoinName('bsv').decode(text))),
    },
  ],
};

function twoByteVersions(network, coin, versions) {
  return {
    network,
    libraries: ['@ensdomains/address-encoder'],
    places(random) {
      const hash = bitcoin.crypto.hash160(random.secp256k1().compressed);
      return versions.map(([name, script, ...more]) => {
        const address = getCoderByCoinName(coin).encode(
          Buffer.from(script.replace('HASH', hex(hash)), 'hex'),
        );
        return {
          name,
          spellings: [
            address,
            `\t${address}\n`,
            ...uris(network, address, random),
            ...more.flatMap((spell) => spell(hash)),
          ],
        };
      });
    },
    peers: [
      {
        name: '@ensdomains/address-encoder',
        read: (text) => attempt(() => hex(getCoderByCoinName(coin).decode(text))),
      },
    ],
  };
}

const P2PKH = '76a914HASH88ac';
const P2SH = 'a914HASH87';
/** ZIP 320: no library of the list writes it. */
const tex = (hash) => {
  const text = bech32m.encode('tex', bech32m.toWords(hash));
  return [text, text.toUpperCase()];
};

const zcash = twoByteVersions('zcash', 'zec', [
  ['key', P2PKH, tex],
  ['script', P2SH],
]);

export const families = [
  scripts('bitcoin', ['bitcoin'], 'btc'),
  scripts('litecoin', ['litecoin'], 'ltc'),
  scripts('dogecoin', ['dogecoin'], 'doge'),
  scripts('dash', ['dash'], 'dash'),
  scripts('bitcoin-gold', [], 'btg'),
  scripts('digibyte', ['digibyte'], 'dgb'),
  bitcoinCash,
  ecashFamily,
  bitcoinSv,
  zcash,
];
