import { describe, expect, test } from 'vitest';
import { listHits } from '../../src/decision/lists.js';
import { networkOf } from '../../src/identity/index.js';
import { inputOf, requestOf } from '../decision/fixtures.js';
import { TEST_PSEUDONYMS } from './list-pseudonyms.js';
import { readChanged } from './small-policy.js';

const BITCOIN = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const XRP = 'raSMVoKrv6B4SA3ZDUMrLo8qeQsaB6bvKk';
const X_WITHOUT_TAG = 'X7mGQqmmzYqBfGyv3tfK1vgGQ1bCLvwBCyW4AMMHeh2ZPsd';
const STELLAR = 'GC5TYCUIOLKHWRDF4UKXGGUV23GKLOA4P6LQI2ITLOTILX6H4AR52RKR';
const STELLAR_ID_0 = 'MC5TYCUIOLKHWRDF4UKXGGUV23GKLOA4P6LQI2ITLOTILX6H4AR52AAAAAAAAAAAAA56U';
const CASHADDR = 'qp3wjpa3tjlj042z2wv7hahsldgwhwy0rq9sywjpyy';
const EVM = '0x52908400098527886E0F7030069857D2E4169EE7';

type Effect = 'deny' | 'trust';

function read(effect: Effect, value: string, isRecorded = false) {
  const trust =
    'effect: { trust: -5 }\n    summary: Ours.\n    entries: [{ expires_at: 2030-01-01T00:00:00Z, ';
  const deny = 'effect: { deny: REJECT }\n    summary: Stolen.\n    entries: [{ ';
  return readChanged(
    `effect: { deny: REJECT }\n    summary: Stolen.\n    entries: [{ value: "bitcoin:${BITCOIN}"`,
    `${effect === 'deny' ? deny : trust}value: "${value}"`,
    isRecorded,
  );
}

function problem(effect: Effect, value: string) {
  const result = read(effect, value);
  return result.kind === 'valid' ? undefined : result.problems[0];
}

function notes(effect: Effect, value: string, isRecorded = false): readonly string[] {
  const result = read(effect, value, isRecorded);
  return result.kind === 'valid' ? result.notes.map(({ message }) => message) : ['refused'];
}

/** Whether a request to this destination is on the list. */
function isListed(
  effect: Effect,
  entry: string,
  asked: { readonly network: string; readonly address: string; readonly tag?: string | null },
  isRecorded = false,
): boolean {
  const result = read(effect, entry, isRecorded);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  const { network, address, tag } = asked;
  const told =
    tag === undefined
      ? ({ kind: 'not-told' } as const)
      : tag === null
        ? ({ kind: 'none' } as const)
        : ({ kind: 'value', value: tag } as const);
  const names = TEST_PSEUDONYMS.destination(network, address, told);
  const input = inputOf({ request: requestOf({ destination: { ...names, network } }) });
  return listHits(input, result.policy).length > 0;
}

describe('an entry that cannot do what it says is refused at its place', () => {
  test.each<readonly [Effect, string, RegExp]>([
    ['deny', 'no-such-network:abc', /network that we do not know/],
    ['deny', 'bitcoin:bc1qnothing', /no address of this network/],
    ['deny', `ethereum:${BITCOIN}`, /no address of this network/],
    ['deny', BITCOIN, /network:address/],
    ['deny', `ripple:${XRP}#4294967296`, /none of this network/],
    ['deny', `ripple:${XRP}#abc`, /none of this network/],
    ['deny', `ripple:${X_WITHOUT_TAG}#7`, /not the one behind/],
    ['deny', `bitcoin:${BITCOIN}#7`, /its network has none/],
    ['trust', `ripple:${XRP}`, /says no tag/],
    ['trust', `ripple:${XRP}#*`, /name the one/],
    ['trust', 'ethereum:somebody.eth', /is a name/],
    ['trust', 'bitcoin:bc1qnothing', /no address of this network/],
    ['trust', `bitcoin:${BITCOIN}#`, /its network has none/],
    ['deny', 'hmac:zzz', /no pseudonym of a destination/],
  ])('%s %s', (effect, value, message) => {
    const found = problem(effect, value);
    expect(found).toMatchObject({ path: 'lists[0].entries[0].value', line: 50 });
    expect(found?.column).toBeGreaterThan(1);
    expect(found?.message).toMatch(message);
    expect(found?.message).not.toContain(value.split(':')[1]);
  });

  test('but not where it was recorded before destinations were read: it means what it meant', () => {
    expect(notes('deny', 'bitcoin:bc1qnothing', true)).toEqual([expect.stringMatching(/no address/)]);
    expect(
      isListed('deny', 'bitcoin:bc1qnothing', { network: 'bitcoin', address: 'bc1qnothing' }, true),
    ).toBe(true);
    expect(notes('trust', `ripple:${XRP}`, true)).toEqual([expect.stringMatching(/says no tag/)]);
  });

  test('a prefix that names its own network is read as that network', () => {
    expect(networkOf('bitcoincash')?.name).toBe('bitcoin-cash');
    expect(
      isListed('deny', `bitcoincash:${CASHADDR}`, { network: 'BCH', address: `bitcoincash:${CASHADDR}` }),
    ).toBe(true);
  });
});

describe('what hits more than most people mean is told', () => {
  test.each<readonly [string, readonly RegExp[]]>([
    [`ripple:${XRP}#*`, [/every customer/]],
    [`ripple:${XRP}`, [/says no tag.*every customer/]],
    [`ripple:${XRP}#42`, []],
    [`ripple:${XRP}#`, []],
    [`ripple:${X_WITHOUT_TAG}`, [/every customer/]],
    [`bitcoin:${BITCOIN}`, []],
  ])('deny %s', (value, expected) => {
    expect(notes('deny', value)).toEqual(expected.map((message) => expect.stringMatching(message)));
  });
});

describe('a deny entry', () => {
  const at = (tag?: string | null) => ({
    network: 'xrp',
    address: XRP,
    ...(tag === undefined ? {} : { tag }),
  });

  test('of one tag denies no other customer where no network is named, or none that we know', () => {
    const entry = `ripple:${XRP}#42`;
    for (const network of ['', 'a-network-of-mine']) {
      const to = (tag?: string | null) => ({ network, address: XRP, ...(tag === undefined ? {} : { tag }) });
      expect(isListed('deny', entry, to('42'))).toBe(true);
      expect(isListed('deny', entry, to('042'))).toBe(true);
      expect(isListed('deny', entry, to('43'))).toBe(false);
      expect(isListed('deny', entry, to(null))).toBe(false);
      expect(isListed('deny', entry, to())).toBe(false);
      expect(isListed('deny', `ripple:${XRP}#`, to())).toBe(true);
      expect(isListed('deny', `ripple:${XRP}#`, to(null))).toBe(true);
      expect(isListed('deny', `ripple:${XRP}#`, to('42'))).toBe(false);
      for (const any of [`ripple:${XRP}#*`, `ripple:${XRP}`])
        expect(isListed('deny', any, to('42'))).toBe(true);
    }
  });

  test('of one tag hits that tag alone', () => {
    const entry = `ripple:${XRP}#42`;
    expect(isListed('deny', entry, at('0042'))).toBe(true);
    for (const other of [at('43'), at(null), at()]) expect(isListed('deny', entry, other)).toBe(false);
  });

  test('of no tag hits where there is none, or none was told', () => {
    const entry = `ripple:${XRP}#`;
    expect(isListed('deny', entry, at(null))).toBe(true);
    expect(isListed('deny', entry, at())).toBe(true);
    expect(isListed('deny', entry, { network: 'ripple', address: X_WITHOUT_TAG })).toBe(true);
    for (const other of [at('0'), at('42')]) expect(isListed('deny', entry, other)).toBe(false);
  });

  test.each([`ripple:${XRP}#*`, `ripple:${XRP}`])('%s hits whatever the tag', (entry) => {
    for (const one of [at('42'), at('0'), at(null), at(), at('4294967296')]) {
      expect(isListed('deny', entry, one)).toBe(true);
    }
  });

  test('hits on all chains of one key, and where the network is not said or not known', () => {
    for (const network of ['ethereum', 'BEP20', 'polygon', '', 'no-such-network']) {
      expect(isListed('deny', `ethereum:${EVM}`, { network, address: EVM.toLowerCase() })).toBe(true);
    }
    expect(isListed('deny', `ethereum:${EVM}`, { network: 'tron', address: EVM })).toBe(false);
  });

  test('hits each of the places that contradicting tags may mean', () => {
    const twice = { network: 'ripple', address: X_WITHOUT_TAG, tag: '42' };
    for (const entry of ['#42', '#', '#*', '']) {
      expect(isListed('deny', `ripple:${XRP}${entry}`, twice)).toBe(true);
    }
    expect(isListed('deny', `ripple:${XRP}#43`, twice)).toBe(false);
    expect(isListed('trust', `ripple:${XRP}#42`, twice)).toBe(false);
  });

  test('reads types where the network has them, and texts where it has none', () => {
    const at = (tag: string) => ({ network: 'XLM', address: STELLAR, tag });
    expect(isListed('deny', `Stellar:${STELLAR}#id:7`, at('7'))).toBe(true);
    expect(isListed('deny', `stellar:${STELLAR}#text:7`, at('7'))).toBe(false);
    expect(isListed('deny', `stellar:${STELLAR_ID_0}`, at('0'))).toBe(true);
    expect(isListed('deny', `stellar:${STELLAR_ID_0}`, at('7'))).toBe(false);
    const ton = { network: 'ton', address: 'EQBYGlpNh3mlxO5yb-rKp6wXcxJAj77HuScEOUaTnnVBYxnR', tag: 'id:7' };
    expect(isListed('deny', `ton:${ton.address}#id:7`, ton)).toBe(true);
  });
});

describe('a trust entry', () => {
  test('is for its own network and its own tag', () => {
    const entry = `xrp:${XRP}#42`;
    expect(isListed('trust', entry, { network: 'ripple', address: XRP, tag: '42' })).toBe(true);
    for (const tag of ['43', null, undefined]) {
      const asked = { network: 'ripple', address: XRP, ...(tag === undefined ? {} : { tag }) };
      expect(isListed('trust', entry, asked)).toBe(false);
    }
    expect(isListed('trust', `bsc:${EVM}`, { network: 'BEP20', address: EVM.toLowerCase() })).toBe(true);
    expect(isListed('trust', `bsc:${EVM}`, { network: 'ethereum', address: EVM })).toBe(false);
  });

  test('of before goes on for the same text, and for nothing that the text never said', () => {
    const entry = `ripple:${XRP}`;
    const recorded = true;
    expect(isListed('trust', entry, { network: 'ripple', address: XRP }, recorded)).toBe(true);
    for (const tag of ['42', '0', '4294967296', null]) {
      expect(isListed('trust', entry, { network: 'ripple', address: XRP, tag }, recorded)).toBe(false);
    }
    expect(isListed('trust', entry, { network: 'xrp', address: XRP }, recorded)).toBe(false);
  });

  test('of before still fits a request that was recorded then', () => {
    const result = read('trust', `bitcoin:${BITCOIN}`);
    if (result.kind === 'invalid') throw new Error('refused');
    const { formerId } = TEST_PSEUDONYMS.destination('bitcoin', BITCOIN);
    const destination = { id: formerId, suffix: 'f3t4', network: 'bitcoin' };
    expect(listHits(inputOf({ request: requestOf({ destination }) }), result.policy)).toHaveLength(1);
  });
});
