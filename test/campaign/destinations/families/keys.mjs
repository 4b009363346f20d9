import { AccountAddress } from '@aptos-labs/ts-sdk';
import * as CardanoLib from '@emurgo/cardano-serialization-lib-nodejs';
import { getCoderByCoinName } from '@ensdomains/address-encoder';
import * as filecoin from '@glif/filecoin-address';
import kaspaLib from '@kaspa/core-lib';
import { Ed25519PublicKey } from '@mysten/sui/keypairs/ed25519';
import { isValidSuiAddress, normalizeSuiAddress } from '@mysten/sui/utils';
import { display, sansPrefix, withPrefix } from '@onflow/util-address';
import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import { base58 } from '@scure/base';
import { PublicKey as SolanaKey } from '@solana/web3.js';
import { b58Encode, PrefixV2, splitAddress, ValidationResult, validateAddress } from '@taquito/utils';
import algosdk from 'algosdk';
import * as nano from 'nanocurrency';
import { keyToImplicitAddress, PublicKey as NearKey } from 'near-api-js';
import { addAddressPadding, ec, getChecksumAddress, validateAndParseAddress } from 'starknet';
import { TronWeb } from 'tronweb';
import { attempt, hex } from '../random.mjs';

const tron = {
  network: 'tron',
  libraries: ['tronweb'],
  places(random) {
    const address = TronWeb.address.fromPrivateKey(hex(random.bytes(32)));
    const long = TronWeb.address.toHex(address);
    return [
      {
        name: 'key',
        spellings: [
          address,
          long,
          long.toUpperCase(),
          `0x${long}`,
          `0x${long.slice(2)}`,
          long.slice(2),
          TronWeb.address.toChecksumAddress(address),
          `tron:${address}?amount=1`,
        ],
      },
    ];
  },
  peers: [
    {
      name: 'tronweb',
      read: (text) => (TronWeb.isAddress(text) ? TronWeb.address.toHex(text).toLowerCase() : undefined),
    },
  ],
};

const solana = {
  network: 'solana',
  libraries: ['@solana/web3.js'],
  places(random) {
    const owner = new SolanaKey(random.ed25519().public);
    const tokens = new SolanaKey('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
    const programme = new SolanaKey('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
    const mint = new SolanaKey(random.bytes(32));
    const [account] = SolanaKey.findProgramAddressSync(
      [owner.toBytes(), tokens.toBytes(), mint.toBytes()],
      programme,
    );
    const address = owner.toBase58();
    return [
      {
        name: 'owner',
        spellings: [address, `solana:${address}?amount=1&spl-token=${mint}`, `\u00a0${address}`],
      },
      { name: 'token account', spellings: [account.toBase58()] },
    ];
  },
  peers: [
    {
      name: '@solana/web3.js',
      read: (text) =>
        text.length < 32 || text.length > 44 ? undefined : attempt(() => hex(new SolanaKey(text).toBytes())),
    },
  ],
};

function substrate(network, coin) {
  return {
    network,
    libraries: ['@polkadot/util-crypto', '@ensdomains/address-encoder'],
    places(random) {
      const key = random.ed25519().public;
      const prefixes = [0, 2, 42, 5, 7, 63, 64, 255, 1284, 2032, 16383];
      return [
        {
          name: 'key',
          spellings: [
            ...prefixes.map((prefix) => encodeAddress(key, prefix)),
            `0x${hex(key)}`,
            `0x${hex(key).toUpperCase()}`,
            `substrate:${encodeAddress(key, 0)}`,
            `substrate:${encodeAddress(key, 42)}:0x${hex(random.bytes(32))}:some name`,
          ],
        },
      ];
    },
    peers: [
      {
        name: '@polkadot/util-crypto',
        read: (text) =>
          attempt(() => {
            const key = decodeAddress(text);
            return key.length === 32 ? hex(key) : undefined;
          }),
      },
      {
        name: '@ensdomains/address-encoder',
        read: (text) => attempt(() => hex(getCoderByCoinName(coin).decode(text))),
      },
    ],
  };
}

const cardano = {
  network: 'cardano',
  libraries: ['@emurgo/cardano-serialization-lib-nodejs'],
  places(random) {
    const payment = CardanoLib.Credential.from_keyhash(
      CardanoLib.Ed25519KeyHash.from_bytes(random.bytes(28)),
    );
    const script = CardanoLib.Credential.from_scripthash(CardanoLib.ScriptHash.from_bytes(random.bytes(28)));
    const stake = CardanoLib.Credential.from_keyhash(CardanoLib.Ed25519KeyHash.from_bytes(random.bytes(28)));
    const pointer = CardanoLib.Pointer.new(random.below(2 ** 30), random.below(100), random.below(10));
    const byron = CardanoLib.ByronAddress.icarus_from_key(
      CardanoLib.Bip32PrivateKey.from_bip39_entropy(random.bytes(16), Buffer.alloc(0)).to_public(),
      CardanoLib.NetworkInfo.mainnet().protocol_magic(),
    );
    const forms = (address) => {
      const text = address.to_bech32('addr');
      return [
        text,
        text.toUpperCase(),
        address.to_hex(),
        address.to_hex().toUpperCase(),
        `web+cardano:${text}?amount=1`,
      ];
    };
    return [
      { name: 'base', spellings: forms(CardanoLib.BaseAddress.new(1, payment, stake).to_address()) },
      { name: 'script', spellings: forms(CardanoLib.BaseAddress.new(1, script, stake).to_address()) },
      { name: 'enterprise', spellings: forms(CardanoLib.EnterpriseAddress.new(1, payment).to_address()) },
      { name: 'pointer', spellings: forms(CardanoLib.PointerAddress.new(1, payment, pointer).to_address()) },
      { name: 'byron', spellings: [byron.to_base58(), hex(byron.to_bytes())] },
    ];
  },
  unread: (random) => {
    const key = CardanoLib.Credential.from_keyhash(CardanoLib.Ed25519KeyHash.from_bytes(random.bytes(28)));
    return [
      CardanoLib.RewardAddress.new(1, key).to_address().to_bech32(),
      CardanoLib.EnterpriseAddress.new(0, key).to_address().to_bech32(),
    ];
  },
  peers: [
    {
      name: '@emurgo/cardano-serialization-lib-nodejs',
      read: (text) =>
        attempt(() => {
          if (CardanoLib.ByronAddress.is_valid(text))
            return hex(CardanoLib.ByronAddress.from_base58(text).to_bytes());
          return CardanoLib.Address.from_bech32(text).to_hex();
        }),
    },
  ],
};

const LAST_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const algorand = {
  network: 'algorand',
  libraries: ['algosdk'],
  places(random) {
    const address = algosdk.encodeAddress(random.ed25519().public);
    const last = LAST_LETTERS.indexOf(address.at(-1));
    return [
      {
        name: 'key',
        spellings: [
          ...[0, 1, 2, 3].map((bits) => `${address.slice(0, -1)}${LAST_LETTERS[last + bits]}`),
          `algorand://${address}?amount=1`,
        ],
      },
    ];
  },
  peers: [{ name: 'algosdk', read: (text) => attempt(() => hex(algosdk.decodeAddress(text).publicKey)) }],
};

const tezos = {
  network: 'tezos',
  libraries: ['@taquito/utils'],
  places(random) {
    const hash = random.bytes(20);
    const kinds = [
      ['tz1', PrefixV2.Ed25519PublicKeyHash],
      ['tz2', PrefixV2.Secp256k1PublicKeyHash],
      ['tz3', PrefixV2.P256PublicKeyHash],
      ['tz4', PrefixV2.BLS12_381PublicKeyHash],
      ['KT1', PrefixV2.ContractHash],
      ['sr1', PrefixV2.SmartRollupHash],
    ];
    return kinds.map(([name, prefix]) => {
      const address = b58Encode(hash, prefix);
      const entry = name === 'KT1' ? [`${address}%transfer`, `${address}%default`] : [];
      return { name, spellings: [address, `tezos:${address}`, ...entry] };
    });
  },
  peers: [
    {
      name: '@taquito/utils',
      read: (text) => (validateAddress(text) === ValidationResult.VALID ? splitAddress(text)[0] : undefined),
    },
  ],
};

const near = {
  network: 'near',
  libraries: ['near-api-js'],
  places(random) {
    const key = random.ed25519().public;
    const text = `ed25519:${base58.encode(key)}`;
    const implicit = keyToImplicitAddress(NearKey.fromString(text));
    const evm = `0x${hex(random.bytes(20))}`;
    const name = `user-${hex(random.bytes(4))}.near`;
    return [
      { name: 'key', spellings: [implicit, implicit.toUpperCase(), text] },
      { name: '0x', spellings: [evm, evm.toUpperCase()] },
      { name: 'name', spellings: [name, name.toUpperCase(), ` ${name}`] },
    ];
  },
  peers: [],
};

/** A number that sometimes begins with zeros, as one in 16 does. */
function shortened(digits) {
  return digits.replace(/^0+(?=.)/, '');
}

const aptos = {
  network: 'aptos',
  libraries: ['@aptos-labs/ts-sdk'],
  places(random) {
    const bytes = random.bytes(32);
    if (random.below(4) === 0) bytes[0] = 0;
    if (random.below(8) === 0) bytes.fill(0, 0, 26);
    const address = AccountAddress.from(bytes);
    return [
      {
        name: 'key',
        spellings: [
          address.toString(),
          address.toStringLong(),
          address.toStringLongWithoutPrefix(),
          address.toStringShort(),
          address.toStringLong().toUpperCase().replace('0X', '0x'),
          shortened(hex(bytes)),
        ],
      },
    ];
  },
  peers: [
    {
      name: '@aptos-labs/ts-sdk',
      read: (text) => attempt(() => AccountAddress.fromString(text).toStringLong()),
    },
  ],
};

const sui = {
  network: 'sui',
  libraries: ['@mysten/sui'],
  places(random) {
    const address = new Ed25519PublicKey(random.ed25519().public).toSuiAddress();
    const short = `0x00${hex(random.bytes(31))}`;
    return [
      {
        name: 'key',
        spellings: [address, address.toUpperCase().replace('0X', '0x'), address.slice(2), `sui:${address}`],
      },
      {
        name: 'small',
        spellings: [short, `0x${shortened(short.slice(2))}`, normalizeSuiAddress(shortened(short.slice(2)))],
      },
    ];
  },
  peers: [
    {
      name: '@mysten/sui',
      read: (text) => (isValidSuiAddress(text) ? normalizeSuiAddress(text) : undefined),
    },
  ],
};

const starknet = {
  network: 'starknet',
  libraries: ['starknet'],
  places(random) {
    const address = ec.starkCurve.getStarkKey(`0x0${hex(random.bytes(31)).replace(/^0+/, '')}1`.slice(0, 60));
    const padded = addAddressPadding(address);
    return [
      {
        name: 'account',
        spellings: [
          address,
          padded,
          padded.slice(2),
          getChecksumAddress(address),
          validateAndParseAddress(address),
          `0x${shortened(padded.slice(2)).toUpperCase()}`,
        ],
      },
    ];
  },
  peers: [{ name: 'starknet', read: (text) => attempt(() => validateAndParseAddress(text)) }],
};

const flow = {
  network: 'flow',
  libraries: ['@onflow/util-address'],
  places(random) {
    const bytes = random.bytes(8);
    if (random.below(3) === 0) bytes[0] = 0;
    const address = hex(bytes);
    return [
      {
        name: 'account',
        spellings: [
          withPrefix(address),
          sansPrefix(address),
          display(address),
          `0x${shortened(address)}`,
          `0x${address.toUpperCase()}`,
        ],
      },
    ];
  },
  peers: [],
};

const filecoinFamily = {
  network: 'filecoin',
  libraries: ['@glif/filecoin-address'],
  places(random) {
    const id = random.below(1e8) + 1;
    const evm = `0x${hex(random.bytes(20))}`;
    const f = filecoin.CoinType.MAIN;
    const both = (address) => [filecoin.encode('f', address), filecoin.encode('t', address)];
    return [
      {
        name: 'f0',
        spellings: [
          ...both(filecoin.newIDAddress(id, f)),
          filecoin.ethAddressFromID(`f0${id}`),
          `filecoin:f0${id}`,
        ],
      },
      { name: 'f1', spellings: both(filecoin.newSecp256k1Address(random.secp256k1().uncompressed, f)) },
      { name: 'f2', spellings: both(filecoin.newActorAddress(random.bytes(32), f)) },
      { name: 'f3', spellings: both(filecoin.newBLSAddress(random.bytes(48), f)) },
      {
        name: 'f410f',
        spellings: [...both(filecoin.newDelegatedEthAddress(evm, f)), evm, `0x${evm.slice(2).toUpperCase()}`],
      },
    ];
  },
  peers: [
    {
      name: '@glif/filecoin-address',
      read: (text) =>
        attempt(() =>
          filecoin.validateAddressString(text) ? filecoin.newFromString(text).toString().slice(1) : undefined,
        ),
    },
  ],
};

const nanoFamily = {
  network: 'nano',
  libraries: ['nanocurrency', '@ensdomains/address-encoder'],
  places(random) {
    const address = nano.deriveAddress(hex(random.ed25519().public), { useNanoPrefix: true });
    const older = nano.deriveAddress(nano.derivePublicKey(address), { useNanoPrefix: false });
    return [
      {
        name: 'key',
        spellings: [
          address,
          older,
          address.replace('_', '-'),
          older.replace('_', '-'),
          `nano:${address}?amount=1`,
        ],
      },
    ];
  },
  peers: [
    {
      name: 'nanocurrency',
      read: (text) => (nano.checkAddress(text) ? nano.derivePublicKey(text) : undefined),
    },
    {
      name: '@ensdomains/address-encoder',
      read: (text) => attempt(() => hex(getCoderByCoinName('nano').decode(text))),
    },
  ],
};

const kaspa = {
  network: 'kaspa',
  libraries: ['@kaspa/core-lib'],
  async prepare() {
    await kaspaLib.initRuntime();
  },
  places(random) {
    const secret = new kaspaLib.PrivateKey(hex(random.bytes(32)));
    const key = secret.toAddress('kaspa').toString();
    const forms = (address) => [address, ` ${address}`, address.slice('kaspa:'.length)];
    return [{ name: 'key', spellings: forms(key) }];
  },
  peers: [
    {
      name: '@kaspa/core-lib',
      read: (text) =>
        attempt(() =>
          kaspaLib.Address.isValid(text, 'kaspa') ? kaspaLib.Address.fromString(text).toString() : undefined,
        ),
    },
  ],
};

export const families = [
  tron,
  solana,
  substrate('polkadot', 'dot'),
  substrate('kusama', 'ksm'),
  cardano,
  algorand,
  tezos,
  near,
  aptos,
  sui,
  starknet,
  flow,
  filecoinFamily,
  nanoFamily,
  kaspa,
];
