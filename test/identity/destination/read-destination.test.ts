import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NETWORK_NAMES } from '../../../src/identity/destination/networks.js';
import { destinationKey, readDestination } from '../../../src/identity/destination/read-destination.js';
import type { TagInput } from '../../../src/identity/destination/tags.js';

const EVM = '0x7887377a1760aB09c32E9E08efC7F18F66C42d3a';
const XRP = 'raSMVoKrv6B4SA3ZDUMrLo8qeQsaB6bvKk';
const X_WITHOUT_TAG = 'X7mGQqmmzYqBfGyv3tfK1vgGQ1bCLvwBCyW4AMMHeh2ZPsd';
const value = (text: string, type?: string): TagInput => ({
  kind: 'value',
  value: text,
  ...(type === undefined ? {} : { type }),
});
const key = (...args: Parameters<typeof readDestination>): string =>
  destinationKey(readDestination(...args)).join(' ');

describe('networks', () => {
  test.each([
    ['ERC20', 'ethereum'],
    ['ETH', 'ethereum'],
    [' Ethereum ', 'ethereum'],
    ['Arbitrum One', 'arbitrum'],
    ['TRC20', 'tron'],
    ['BEP20', 'bsc'],
    ['XRP Ledger', 'ripple'],
    ['bitcoincash', 'bitcoin-cash'],
  ])('%s is %s', (text, name) => {
    expect(readDestination(text, 'x')).toMatchObject({ network: name });
  });

  test('one key on two EVM chains is one place to deny, and two networks to trust', () => {
    const [one, other] = [readDestination('ethereum', EVM), readDestination('polygon', EVM)];
    expect(destinationKey(one)).toEqual(destinationKey(other));
    expect(one.network).not.toBe(other.network);
  });

  test('a network that is not named or not known never tries the others', () => {
    expect(readDestination('', EVM)).toMatchObject({ doubt: 'NETWORK_ABSENT', account: `text:${EVM}` });
    expect(readDestination('elsewhere', EVM)).toMatchObject({ doubt: 'NETWORK_UNKNOWN' });
    expect(key('', EVM)).not.toBe(key('ethereum', EVM));
    expect(key('tron', EVM)).not.toBe(key('ethereum', EVM));
  });
});

describe('what cannot be read', () => {
  test.each(NETWORK_NAMES)('is kept as it is on %s, case and all', (network) => {
    const [one, other] = [readDestination(network, '?Abc?'), readDestination(network, '?aBC?')];
    expect(one).toMatchObject({ doubt: 'ADDRESS_UNREADABLE', account: 'text:?Abc?' });
    expect(destinationKey(one)).not.toEqual(destinationKey(other));
  });

  test('a mistyped letter is not read as another place', () => {
    expect(readDestination('bitcoin', 'bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyk').doubt).toBe(
      'ADDRESS_UNREADABLE',
    );
    expect(readDestination('bitcoin', 'bc1Q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj').doubt).toBe(
      'ADDRESS_UNREADABLE',
    );
  });

  test.each([
    ['ethereum', 'someone.eth'],
    ['lightning', 'someone@wallet.example'],
    ['stellar', 'someone*exchange.example'],
    ['solana', 'someone.sol'],
  ])('a name on %s is a name: nobody trusts it', (network, name) => {
    expect(readDestination(network, name.toUpperCase())).toMatchObject({
      doubt: 'NAME',
      account: `name:${name}`,
    });
  });
});

describe('spellings', () => {
  test.each([
    ['bitcoin', 'bitcoin:BC1Q8WJZXWW5CAFTCAQASQ8Z8R7Y9HGPRZZY4N6EYJ?amount=1&label=x'],
    ['bitcoin', 'BITCOIN:bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj'],
    ['bitcoin', '  bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj '],
  ])('on %s %s is the address in it', (network, text) => {
    expect(key(network, text)).toBe(key('bitcoin', 'bc1q8wjzxww5caftcaqasq8z8r7y9hgprzzy4n6eyj'));
  });

  test('of a token transfer the payee is the place, not the token', () => {
    const token = '0xdAC17F958D2ee523a2206206994597C13D831ec7';
    const uri = `ethereum:${token}@1/transfer?address=${EVM}&uint256=1`;
    expect(key('ethereum', uri)).toBe(key('ethereum', EVM));
    expect(readDestination('ethereum', `ethereum:${token}/approve?address=${EVM}`).doubt).toBeDefined();
  });

  test.each([`xdc${EVM.slice(2)}`, `eth:${EVM}`, `ronin:${EVM.slice(2)}`])('%s is EVM', (text) => {
    expect(key('ethereum', text)).toBe(key('ethereum', EVM));
  });
});

describe('tags', () => {
  test('not told, none and 0 are three things', () => {
    expect(readDestination('ripple', XRP).tag).toEqual({ kind: 'not-told' });
    expect(readDestination('ripple', XRP, { kind: 'none' }).tag).toEqual({ kind: 'none' });
    expect(readDestination('ripple', XRP, value('0')).tag).toEqual({ kind: 'value', tag: '0' });
    expect(readDestination('ripple', X_WITHOUT_TAG).tag).toEqual({ kind: 'none' });
  });

  test('a tag in the address that the field contradicts is picked by nobody', () => {
    const conflict = { doubt: 'DESTINATION_TAG_CONFLICT' };
    expect(readDestination('ripple', X_WITHOUT_TAG, value('7'))).toMatchObject(conflict);
    expect(readDestination('ripple', X_WITHOUT_TAG, { kind: 'none' }).doubt).toBeUndefined();
    const muxed = 'MC5TYCUIOLKHWRDF4UKXGGUV23GKLOA4P6LQI2ITLOTILX6H4AR52AAAAAAAAAAAAA56U';
    expect(readDestination('stellar', muxed, value('1'))).toMatchObject(conflict);
    expect(readDestination('stellar', muxed, { kind: 'none' })).toMatchObject(conflict);
    expect(readDestination('stellar', muxed, value('0', 'id')).tag).toEqual({ kind: 'value', tag: 'id:0' });
  });

  test.each([
    ['ripple', '4294967296'],
    ['ripple', '-1'],
    ['ripple', 'seven'],
    ['stellar', 'x'.repeat(29)],
    ['internet-computer', '18446744073709551616'],
    ['monero', '1234'],
  ])('on %s %s is none: a doubt', (network, tag) => {
    const pairs: { network: string; a: string }[] = JSON.parse(
      readFileSync(join(import.meta.dirname, 'pairs.json'), 'utf8'),
    );
    const address = pairs.find((pair) => pair.network === network)?.a ?? '2vxsx-fae';
    expect(readDestination(network, address, value(tag)).doubt).toBe('TAG_UNREADABLE');
  });

  test('where an account has no customers of its own, a tag changes nothing', () => {
    expect(key('ethereum', EVM, value('7'))).toBe(key('ethereum', EVM));
  });
});

describe('whatever comes', () => {
  const pairs: { network: string; a: string; b: string }[] = JSON.parse(
    readFileSync(join(import.meta.dirname, 'pairs.json'), 'utf8'),
  );
  const addresses = pairs.flatMap(({ a, b }) => [a, b]);
  /** A real address with letters changed, cut, doubled or moved to another network. */
  const damaged = fc
    .tuple(fc.constantFrom(...addresses), fc.nat(120), fc.string({ maxLength: 3 }), fc.nat(3))
    .map(([address, at, text, cut]) => `${address.slice(0, at)}${text}${address.slice(at + cut)}`);

  test('nothing throws, and reading again gives the same', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...NETWORK_NAMES), fc.string()),
        fc.oneof(damaged, fc.string({ maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 })),
        fc.option(fc.string({ maxLength: 300 }), { nil: undefined }),
        (network, address, tag) => {
          const input: TagInput = tag === undefined ? { kind: 'not-told' } : value(tag);
          expect(key(network, address, input)).toBe(key(network, address, input));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('two readings that differ in a letter of what was read are two places, or one by the rule of the network', () => {
    for (const { network, a } of pairs) {
      const read = readDestination(network, a);
      const again = readDestination(network, `${a.slice(0, -1)}${a.endsWith('z') ? 'y' : 'z'}`);
      if (again.doubt === undefined && read.account === again.account) {
        expect(['ethereum', 'algorand', 'near', 'tezos']).toContain(network);
      }
    }
  });
});
