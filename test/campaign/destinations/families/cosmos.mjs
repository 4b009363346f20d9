import { encodeSecp256k1Pubkey, pubkeyToAddress } from '@cosmjs/amino';
import { fromBech32, toBech32 } from '@cosmjs/encoding';
import { getCoderByCoinName } from '@ensdomains/address-encoder';
import { Address } from '@multiversx/sdk-core';
import { computeAddress } from 'ethers';
import { attempt, hex } from '../random.mjs';

/** Without it 0.39.0 refuses every address: it hands Infinity on to a decoder that takes whole numbers only. */
const LIMIT = 128;

const cosmjs = (hrp) => ({
  name: '@cosmjs/encoding',
  read: (text) =>
    attempt(() => {
      const { prefix, data } = fromBech32(text, LIMIT);
      return prefix === hrp && (data.length === 20 || data.length === 32) ? hex(data) : undefined;
    }),
});

function chain(network, hrp) {
  return {
    network,
    libraries: ['@cosmjs/amino', '@cosmjs/encoding'],
    places(random) {
      const address = pubkeyToAddress(encodeSecp256k1Pubkey(random.secp256k1().compressed), hrp);
      const contract = toBech32(hrp, random.bytes(32));
      const memo = String(random.uint32());
      return [
        { name: 'key', spellings: [address, address.toUpperCase(), ` ${address} `] },
        { name: 'contract', spellings: [contract, contract.toUpperCase()] },
        {
          name: 'customer',
          spellings: [
            { text: address, tag: memo },
            { text: address.toUpperCase(), tag: memo },
            `cosmos:${address}?memo=${memo}`,
            { text: `${address}?memo=${memo}`, tag: memo },
          ],
        },
        { name: 'other customer', spellings: [{ text: address, tag: `${memo}0` }] },
      ];
    },
    peers: [cosmjs(hrp)],
  };
}

/** One key, two forms, which only the chain joins. */
const sei = {
  network: 'sei',
  libraries: ['@cosmjs/amino', 'ethers'],
  places(random) {
    const key = random.secp256k1();
    const native = pubkeyToAddress(encodeSecp256k1Pubkey(key.compressed), 'sei');
    const evm = computeAddress(`0x${hex(key.secret)}`);
    return [
      { name: 'sei1', spellings: [native, native.toUpperCase()] },
      { name: '0x', spellings: [evm, evm.toLowerCase(), evm.slice(2)] },
    ];
  },
  peers: [cosmjs('sei')],
};

const avalanche = {
  network: 'avalanche',
  libraries: ['@cosmjs/encoding', '@ensdomains/address-encoder', 'ethers'],
  places(random) {
    const key = random.secp256k1();
    const bare = pubkeyToAddress(encodeSecp256k1Pubkey(key.compressed), 'avax');
    const evm = computeAddress(`0x${hex(key.secret)}`);
    return [
      ...['X', 'P', 'C'].map((letter) => ({
        name: letter,
        spellings: [
          `${letter}-${bare}`,
          `${letter.toLowerCase()}-${bare}`,
          `${letter}-${bare.toUpperCase()}`,
        ],
      })),
      { name: '0x', spellings: [evm, evm.toLowerCase(), evm.slice(2)] },
    ];
  },
  unread: (random) => [pubkeyToAddress(encodeSecp256k1Pubkey(random.secp256k1().compressed), 'avax')],
  peers: [
    {
      name: '@ensdomains/address-encoder',
      read: (text) => attempt(() => hex(getCoderByCoinName('avax').decode(text))),
    },
  ],
};

const multiversx = {
  network: 'multiversx',
  libraries: ['@multiversx/sdk-core'],
  places(random) {
    const address = new Address(random.ed25519().public, 'erd').toBech32();
    return [{ name: 'key', spellings: [address, address.toUpperCase(), `${address}\n`] }];
  },
  peers: [
    { name: '@multiversx/sdk-core', read: (text) => attempt(() => Address.newFromBech32(text).toHex()) },
  ],
};

export const families = [
  chain('cosmos', 'cosmos'),
  chain('osmosis', 'osmo'),
  chain('celestia', 'celestia'),
  chain('thorchain', 'thor'),
  chain('dydx', 'dydx'),
  chain('kava', 'kava'),
  chain('terra', 'terra'),
  sei,
  avalanche,
  multiversx,
];
