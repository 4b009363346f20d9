import { Principal } from '@dfinity/principal';
import { AccountId, Client, EvmAddress } from '@hiero-ledger/sdk';
import { AccountIdentifier, SubAccount } from '@icp-sdk/canisters/ledger/icp';
import { encodeIcrcAccount } from '@icp-sdk/canisters/ledger/icrc';
import { ed25519 } from '@noble/curves/ed25519';
import { ripemd160 } from '@noble/hashes/ripemd160';
import { keccak_256 } from '@noble/hashes/sha3';
import { sha256 } from '@noble/hashes/sha256';
import { base58xmr } from '@scure/base';
import { Account, MuxedAccount, StrKey } from '@stellar/stellar-base';
import { Address as TonAddress } from '@ton/core';
import { Name } from '@wharfkit/antelope';
import { c32address, c32addressDecode, c32ToB58 } from 'c32check';
import moneroTs from 'monero-ts';
import * as ripple from 'ripple-address-codec';
import { attempt, hex } from '../random.mjs';

// nem-sdk 1.6.11 puts a `slice` of its own, which cannot count from the end, on every Uint8Array of the process.
const { slice } = Uint8Array.prototype;
const hadOwnSlice = Object.hasOwn(Uint8Array.prototype, 'slice');
const nemSdk = (await import('nem-sdk')).default;
if (hadOwnSlice) Uint8Array.prototype.slice = slice;
else delete Uint8Array.prototype.slice;
const nem = nemSdk.default ?? nemSdk;

const xrp = {
  network: 'ripple',
  libraries: ['ripple-address-codec'],
  places(random) {
    const id = ripemd160(sha256(random.secp256k1().compressed));
    const address = ripple.encodeAccountID(id);
    const tag = random.uint32();
    const other = (tag + 1) % 2 ** 32;
    const x = (value) => ripple.classicAddressToXAddress(address, value, false);
    return [
      {
        name: 'no tag',
        spellings: [
          address,
          x(false),
          { text: address, tag: null },
          { text: x(false), tag: null },
          `ripple:${address}`,
        ],
      },
      {
        name: 'tag',
        spellings: [
          { text: address, tag: String(tag) },
          { text: address, tag: `00${tag}` },
          { text: address, tag: ` ${tag} ` },
          x(tag),
          { text: x(tag), tag: String(tag) },
          `ripple:${address}?dt=${tag}&amount=5`,
          `XRPL:${address}?dt=${tag}`,
          { text: `${address}?dt=${tag}`, tag: `0${tag}` },
        ],
      },
      { name: 'other tag', spellings: [{ text: address, tag: String(other) }, x(other)] },
      { name: 'tag 0 of another', spellings: tag === 0 ? [] : [x(0), { text: address, tag: '0' }] },
    ];
  },
  conflicts: (random) => {
    const address = ripple.encodeAccountID(random.bytes(20));
    const x = ripple.classicAddressToXAddress(address, 7, false);
    return [
      { text: x, tag: '8' },
      { text: x, tag: null },
      { text: ripple.classicAddressToXAddress(address, false, false), tag: '0' },
      { text: `ripple:${address}?dt=1`, tag: '2' },
      `ripple:${address}?dt=1&dt=2`,
    ];
  },
  unread: (random) => [ripple.classicAddressToXAddress(ripple.encodeAccountID(random.bytes(20)), 1, true)],
  peers: [
    {
      name: 'ripple-address-codec',
      read: (text) =>
        attempt(() => {
          if (ripple.isValidClassicAddress(text)) return `${hex(ripple.decodeAccountID(text))}/false`;
          const { accountId, tag, test } = ripple.decodeXAddress(text);
          return test ? undefined : `${hex(accountId)}/${tag}`;
        }),
    },
  ],
};

const stellar = {
  network: 'stellar',
  libraries: ['@stellar/stellar-base'],
  places(random) {
    const address = StrKey.encodeEd25519PublicKey(Buffer.from(random.ed25519().public));
    const id = random.uint64();
    const muxed = new MuxedAccount(new Account(address, '0'), String(id)).accountId();
    const hash = Buffer.from(random.bytes(32));
    const text = `Customer ${random.below(1e6)}`;
    return [
      {
        name: 'account',
        spellings: [address, ` ${address}\n`, { text: address, tag: null }, `stellar:${address}`],
      },
      {
        name: 'id',
        spellings: [
          muxed,
          { text: muxed, tag: String(id) },
          { text: address, tag: String(id) },
          { text: address, tag: String(id), type: 'id' },
          { text: address, tag: String(id), type: 'MEMO_ID' },
          `web+stellar:pay?destination=${address}&amount=1&memo=${id}&memo_type=MEMO_ID`,
        ],
      },
      {
        name: 'text',
        spellings: [
          { text: address, tag: text },
          { text: address, tag: text, type: 'text' },
          `web+stellar:pay?destination=${address}&memo=${encodeURIComponent(text)}&memo_type=MEMO_TEXT`,
        ],
      },
      { name: 'other case', spellings: [{ text: address, tag: text.toLowerCase() }] },
      { name: 'digits as text', spellings: [{ text: address, tag: String(id), type: 'text' }] },
      {
        name: 'hash',
        spellings: [
          { text: address, tag: hex(hash), type: 'hash' },
          { text: address, tag: hex(hash).toUpperCase(), type: 'hash' },
          { text: address, tag: hash.toString('base64'), type: 'MEMO_HASH' },
        ],
      },
      { name: 'return', spellings: [{ text: address, tag: hex(hash), type: 'return' }] },
      { name: 'contract', spellings: [StrKey.encodeContract(Buffer.from(random.bytes(32)))] },
    ];
  },
  conflicts(random) {
    const address = StrKey.encodeEd25519PublicKey(Buffer.from(random.ed25519().public));
    const muxed = new MuxedAccount(new Account(address, '0'), '7').accountId();
    return [
      { text: muxed, tag: '8' },
      { text: muxed, tag: null },
      { text: muxed, tag: '7', type: 'text' },
    ];
  },
  peers: [
    {
      name: '@stellar/stellar-base',
      read: (text) =>
        attempt(() => {
          if (StrKey.isValidEd25519PublicKey(text)) return `G${hex(StrKey.decodeEd25519PublicKey(text))}`;
          if (StrKey.isValidContract(text)) return `C${hex(StrKey.decodeContract(text))}`;
          return StrKey.isValidMed25519PublicKey(text)
            ? `M${hex(StrKey.decodeMed25519PublicKey(text))}`
            : undefined;
        }),
    },
  ],
};

const ton = {
  network: 'ton',
  libraries: ['@ton/core'],
  places(random) {
    const hash = Buffer.from(random.bytes(32));
    return [0, -1].flatMap((workchain) => {
      const address = new TonAddress(workchain, hash);
      const forms = [true, false].flatMap((urlSafe) =>
        [true, false].flatMap((bounceable) =>
          [true, false].map((testOnly) => address.toString({ urlSafe, bounceable, testOnly })),
        ),
      );
      const raw = address.toRawString();
      const comment = String(random.uint32());
      return [
        {
          name: `chain ${workchain}`,
          spellings: [...forms, raw, raw.toUpperCase(), `ton://transfer/${address}?amount=1`, `ton:${raw}`],
        },
        {
          name: `customer on ${workchain}`,
          spellings: [
            { text: forms[0], tag: comment },
            { text: raw, tag: comment },
            `ton://transfer/${address.toString()}?text=${comment}&amount=5`,
          ],
        },
      ];
    });
  },
  peers: [{ name: '@ton/core', read: (text) => attempt(() => TonAddress.parse(text).toRawString()) }],
};

/** Asked for the checksum's ledger only: it connects to nothing. */
const hederaClient = Client.forMainnet({ scheduleNetworkUpdate: false });

const hedera = {
  network: 'hedera',
  libraries: ['@hiero-ledger/sdk'],
  places(random) {
    const number = random.below(2 ** 31) + 1;
    const id = new AccountId(0, 0, number);
    const checked = id.toStringWithChecksum(hederaClient);
    const long = id.toEvmAddress ? hex(Buffer.from(id.toEvmAddress().replace(/^0x/, ''), 'hex')) : undefined;
    const alias = hex(random.bytes(20)).replace(/^00/, '01');
    const memo = `${random.below(1e9)}`;
    return [
      {
        name: 'account',
        spellings: [
          id.toString(),
          checked,
          ...(long === undefined ? [] : [long, `0x${long}`, `0x${long.toUpperCase()}`, `0.0.${long}`]),
          `00.0.${number}`,
        ],
      },
      {
        name: 'customer',
        spellings: [
          { text: id.toString(), tag: memo },
          { text: checked, tag: memo },
        ],
      },
      {
        name: 'alias',
        spellings: [
          `0x${alias}`,
          alias.toUpperCase(),
          AccountId.fromEvmAddress(0, 0, EvmAddress.fromString(alias)).toString(),
        ],
      },
    ];
  },
  unread: (random) => [`0.0.${1000 + random.below(1e6)}-aaaaa`],
  peers: [
    {
      name: '@hiero-ledger/sdk',
      read: (text) =>
        attempt(() => {
          const id = AccountId.fromString(text);
          return id.evmAddress ? `evm:${id.evmAddress}` : id.toString();
        }),
    },
  ],
};

const internetComputer = {
  network: 'internet-computer',
  libraries: ['@dfinity/principal', '@icp-sdk/canisters'],
  places(random) {
    const principal = Principal.selfAuthenticating(random.bytes(44));
    const account = AccountIdentifier.fromPrincipal({ principal }).toHex();
    const sub = SubAccount.fromID(1 + random.below(1000));
    const other = AccountIdentifier.fromPrincipal({ principal, subAccount: sub }).toHex();
    const memo = String(random.uint64() | 1n);
    return [
      {
        name: 'default account',
        spellings: [
          account,
          account.toUpperCase(),
          principal.toText(),
          encodeIcrcAccount({ owner: principal }),
          { text: account, tag: '0' },
          { text: account, tag: null },
        ],
      },
      {
        name: 'subaccount',
        spellings: [other, encodeIcrcAccount({ owner: principal, subaccount: sub.toUint8Array() })],
      },
      {
        name: 'customer',
        spellings: [
          { text: account, tag: memo },
          { text: principal.toText(), tag: `0${memo}` },
        ],
      },
    ];
  },
  peers: [
    {
      name: '@dfinity/principal',
      read: (text) => attempt(() => hex(Principal.fromText(text).toUint8Array())),
    },
    { name: '@icp-sdk/canisters', read: (text) => attempt(() => AccountIdentifier.fromHex(text).toHex()) },
  ],
};

const stacks = {
  network: 'stacks',
  libraries: ['c32check'],
  places(random) {
    const hash = hex(ripemd160(sha256(random.secp256k1().compressed)));
    return [22, 20].flatMap((version) => {
      const address = c32address(version, hash);
      const spoken = `S${address.slice(1).replaceAll('0', 'O').replaceAll('1', 'L')}`;
      const also = `S${address.slice(1).replaceAll('1', 'I')}`;
      const memo = String(random.uint32());
      return [
        { name: `version ${version}`, spellings: [address, spoken, also, `stacks:${address}`] },
        { name: `contract ${version}`, spellings: [`${address}.pool-v1`, `${spoken}.pool-v1`] },
        {
          name: `customer ${version}`,
          spellings: [
            { text: address, tag: memo },
            { text: spoken, tag: memo },
          ],
        },
      ];
    });
  },
  unread: (random) => [c32ToB58(c32address(22, hex(random.bytes(20))))],
  peers: [
    {
      name: 'c32check',
      read: (text) =>
        attempt(() => {
          const [version, hash] = c32addressDecode(text);
          return version === 22 || version === 20 ? `${version}/${hash}` : undefined;
        }),
    },
  ],
};

const NAME_LETTERS = 'abcdefghijklmnopqrstuvwxyz12345.';

function antelope(network) {
  return {
    network,
    libraries: ['@wharfkit/antelope'],
    places(random) {
      const value = random.uint64() & ~0x0fn;
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(value);
      const name = String(new Name(Name.from('a').value.constructor.from(value)));
      if (!/[a-z1-5]/.test(name) || name.startsWith('.')) return [];
      const memo = `m${random.uint32()}`;
      return [
        {
          name: 'account',
          spellings: [name, ...(name.length < 12 ? [`${name}.`, `${name}..`] : []), ` ${name}`],
        },
        {
          name: 'customer',
          spellings: [
            { text: name, tag: memo },
            { text: `${name}.`.slice(0, 13), tag: memo },
          ].slice(0, 1),
        },
      ];
    },
    peers: [
      {
        name: '@wharfkit/antelope',
        read: (text) =>
          attempt(() =>
            [...text].every((letter) => NAME_LETTERS.includes(letter)) ? String(Name.from(text)) : undefined,
          ),
      },
    ],
  };
}

const NETWORK_BYTE = { standard: 18, integrated: 19, sub: 42 };

function moneroAddress(kind, keys, id = new Uint8Array()) {
  const body = Buffer.concat([Buffer.of(NETWORK_BYTE[kind]), keys, id]);
  return base58xmr.encode(Buffer.concat([body, keccak_256(body).slice(0, 4)]));
}

const monero = {
  network: 'monero',
  libraries: ['monero-ts'],
  async prepare() {
    await moneroTs.LibraryUtils.loadWasmModule?.();
  },
  async places(random) {
    const point = () => ed25519.ExtendedPoint.BASE.multiply((random.uint64() | 1n) << 60n).toRawBytes();
    const keys = Buffer.concat([point(), point()]);
    const standard = moneroAddress('standard', keys);
    const id = hex(random.bytes(8));
    const { integratedAddress } = await moneroTs.MoneroUtils.getIntegratedAddress(
      moneroTs.MoneroNetworkType.MAINNET,
      standard,
      id,
    ).then((made) => (made.getIntegratedAddress ? { integratedAddress: made.getIntegratedAddress() } : made));
    return [
      {
        name: 'standard',
        spellings: [standard, `monero:${standard}?tx_amount=1`, { text: standard, tag: null }],
      },
      { name: 'subaddress', spellings: [moneroAddress('sub', keys)] },
      {
        name: 'payment id',
        spellings: [
          integratedAddress,
          moneroAddress('integrated', keys, Buffer.from(id, 'hex')),
          { text: integratedAddress, tag: id },
          { text: standard, tag: id },
          { text: standard, tag: id.toUpperCase() },
          `monero:${standard}?tx_payment_id=${id}`,
        ],
      },
    ];
  },
  peers: [
    {
      name: 'monero-ts',
      validate: (text) => moneroTs.MoneroUtils.isValidAddress(text, moneroTs.MoneroNetworkType.MAINNET),
    },
  ],
};

const nemFamily = {
  network: 'nem',
  libraries: ['nem-sdk'],
  places(random) {
    const { mainnet } = nem.model.network.data;
    const address = nem.model.address.toAddress(hex(random.ed25519().public), mainnet.id);
    const memo = String(random.uint32());
    const hyphens = nem.utils.format.address(address);
    return [
      { name: 'account', spellings: [address, hyphens, hyphens.toLowerCase()] },
      {
        name: 'customer',
        spellings: [
          { text: address, tag: memo },
          { text: hyphens, tag: memo },
        ],
      },
    ];
  },
  peers: [
    {
      name: 'nem-sdk',
      read: (text) => {
        const plain = text.replace(/-/g, '').toUpperCase();
        return attempt(() => (plain.startsWith('N') && nem.model.address.isValid(plain) ? plain : undefined));
      },
    },
  ],
};

export const families = [
  xrp,
  stellar,
  ton,
  hedera,
  internetComputer,
  stacks,
  antelope('eos'),
  antelope('wax'),
  monero,
  nemFamily,
];
