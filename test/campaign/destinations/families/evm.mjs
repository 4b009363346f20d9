import { getCoderByCoinName } from '@ensdomains/address-encoder';
import { fromBech32, toBech32 as harmonyBech32 } from '@harmony-js/crypto';
import { bech32 } from '@scure/base';
import * as ethers from 'ethers';
import { checksumAddress, getAddress, isAddress } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { attempt, hex } from '../random.mjs';

const viem = { name: 'viem', read: (text) => (isAddress(text) ? getAddress(text) : undefined) };
const ethersPeer = { name: 'ethers', read: (text) => attempt(() => ethers.getAddress(text)) };

/** What both libraries make of one key, and what people make of that. */
function spellingsOf(random, secret) {
  const address = privateKeyToAddress(`0x${hex(secret)}`);
  const digits = address.slice(2);
  const token = ethers.getAddress(`0x${hex(random.bytes(20))}`);
  return {
    address,
    spellings: [
      address,
      ethers.computeAddress(`0x${hex(secret)}`),
      address.toLowerCase(),
      `0x${digits.toUpperCase()}`,
      `0X${digits.toUpperCase()}`,
      digits,
      random.anyCase(digits),
      ethers.getIcapAddress(address),
      ethers.getIcapAddress(address).toLowerCase(),
      `iban:${ethers.getIcapAddress(address)}`,
      `eth:${address}`,
      `arb1:${address}`,
      `eip155:1:${address}`,
      `ethereum:${address}`,
      `ethereum:pay-${address}@1?value=2.014e18`,
      `ETHEREUM:${address.toLowerCase()}@137`,
      `ethereum:${token}@1/transfer?address=${address}&uint256=${random.below(1e9)}`,
      ` ${address}\u00a0`,
      `${address}\u200b`,
    ],
  };
}

function chain(network, extra = () => [], peers = []) {
  return {
    network,
    libraries: [
      'viem',
      'ethers',
      ...peers.map(({ name }) => name).filter((name) => name !== 'viem' && name !== 'ethers'),
    ],
    places(random) {
      const { address, spellings } = spellingsOf(random, random.bytes(32));
      return [{ name: 'key', spellings: [...spellings, ...extra(address)] }];
    },
    peers: [viem, ethersPeer, ...peers],
  };
}

const ens = (coin) => ({
  name: '@ensdomains/address-encoder',
  read: (text) => attempt(() => hex(getCoderByCoinName(coin).decode(text))),
});
const withHrp = (hrp) => (address) => {
  const text = bech32.encode(hrp, bech32.toWords(Buffer.from(address.slice(2), 'hex')));
  return [text, text.toUpperCase()];
};

export const families = [
  chain('ethereum', () => [], [ens('eth')]),
  chain('bsc'),
  chain('polygon'),
  chain('rootstock', (address) => [checksumAddress(address, 30)], [ens('rbtc')]),
  chain('xdc', (address) => [`xdc${address.slice(2)}`, `XDC${address.slice(2).toLowerCase()}`]),
  chain('ronin', (address) => [`ronin:${address.slice(2).toLowerCase()}`]),
  chain('harmony', (address) => [harmonyBech32(address), harmonyBech32(address).toUpperCase()], [
    { name: '@harmony-js/crypto', read: (text) => attempt(() => fromBech32(text)?.toLowerCase()) },
  ]),
  chain('injective', withHrp('inj'), [ens('inj')]),
  chain('evmos', withHrp('evmos')),
  chain('iotex', withHrp('io'), [ens('iotx')]),
];
