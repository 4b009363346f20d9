import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Keyring,
  KeyringError,
  listPseudonyms,
  OperatorDirectory,
  opaqueSubjectOf,
  Pseudonyms,
  type SignalIdentity,
} from '../../src/identity/index.js';
import { addressOf, KEYRING, keyBytes, NOW_MS, ownKey, pairKey, pseudonymsOf, REGISTRY } from './fixtures.js';

const SHORT = /^[A-Za-z0-9_-]{22}$/;

/** HMAC-SHA-256 as a provider computes it. */
function hmac(seed: number, text: string): string {
  return createHmac('sha256', keyBytes(seed)).update(text, 'utf8').digest('base64url');
}

function aliasesOf(text: string, keyring: Keyring = KEYRING): string[] {
  return pseudonymsOf(keyring)
    .mailbox(addressOf(text), NOW_MS)
    .aliases.map(({ form, alias }) => `${form} ${alias}`);
}

const ROTATED: Keyring = { ...KEYRING, matchKeys: [ownKey('k2', 8), ownKey('k1', 1, 0)] };
const RETIRED: Keyring = { ...KEYRING, matchKeys: [ownKey('k2', 8)] };

describe('Pseudonyms.mailbox', () => {
  it('names a mailbox by its exact form under the match key', () => {
    const link = pseudonymsOf().mailbox(addressOf('joe@example.org'), NOW_MS);
    const alias = `m:k1:${hmac(1, 'mailbox\n15:joe@example.org')}`;
    expect(link).toEqual({
      alias,
      aliases: [{ form: 'exact', alias }],
      domain: expect.stringMatching(/^d:[A-Za-z0-9_-]{22}$/),
      lastUsedAt: NOW_MS,
    });
  });

  it('adds what the operator folds, and names operator and domain', () => {
    const folded = pseudonymsOf().mailbox(addressOf('Joe.Doe+x@googlemail.com'), NOW_MS);
    const plain = pseudonymsOf().mailbox(addressOf('joedoe@gmail.com'), NOW_MS);
    expect(folded.operator).toBe('google');
    expect(folded.domain).toBe('googlemail.com');
    expect(folded.aliases.map(({ form }) => form)).toEqual(['exact', 'canonical']);
    expect(folded.aliases[1]?.alias).toBe(plain.alias);
  });

  it('adds the alias under each pair key of the providers that cover the domain, as they compute it', () => {
    expect(aliasesOf('joe@att.net').slice(1)).toEqual([`pair p:att-feed:p1:${hmac(5, 'joe@att.net')}`]);
    expect(aliasesOf('joe@acme.example').slice(1)).toEqual([
      `pair p:acme:p2:${hmac(6, 'joe@acme.example')}`,
      `pair p:acme:p1:${hmac(7, 'joe@acme.example')}`,
    ]);
    expect(aliasesOf('joe@gmail.com')).toHaveLength(1);
    expect(aliasesOf('joe@att.net.example.org')).toHaveLength(1);
    expect(aliasesOf('José@att.net'.normalize('NFD'))[1]).toContain(hmac(5, 'josé@att.net'));
  });

  it('marks a supposed folding as guessed under every key', () => {
    expect(aliasesOf('joe+x@att.net')).toEqual([
      expect.stringMatching(/^exact m:k1:/),
      `pair p:att-feed:p1:${hmac(5, 'joe+x@att.net')}`,
      `guessed ${pseudonymsOf().mailbox(addressOf('joe@att.net'), NOW_MS).alias}`,
      `guessed p:att-feed:p1:${hmac(5, 'joe@att.net')}`,
    ]);
  });

  it('gives sister addresses at AT&T nothing in common', () => {
    const one = new Set(aliasesOf('joe@att.net').map((alias) => alias.split(' ')[1]));
    for (const alias of aliasesOf('joe@sbcglobal.net')) expect(one.has(alias.split(' ')[1])).toBe(false);
  });

  it('keeps the alias set small, dropping guesses first', () => {
    const keyring: Keyring = {
      ...ROTATED,
      pairKeys: new Map([['apple-feed', [pairKey('p1', 11), pairKey('p2', 12)]]]),
    };
    const link = pseudonymsOf(keyring, [{ id: 'apple-feed', operator: 'apple' }]).mailbox(
      addressOf('joe+x@icloud.com'),
      NOW_MS,
    );
    expect(link.aliases.map(({ form }) => form)).toEqual([
      ...['exact', 'exact', 'pair', 'pair'],
      ...['canonical', 'canonical', 'canonical', 'canonical'],
      ...['guessed', 'guessed', 'guessed', 'guessed'],
    ]);
  });

  it('answers the same from the cache, with another time', () => {
    const pseudonyms = pseudonymsOf();
    const first = pseudonyms.mailbox(addressOf('joe@att.net'), NOW_MS);
    const second = pseudonyms.mailbox(addressOf('JOE@att.net'), NOW_MS + 1);
    expect(second).toEqual({ ...first, lastUsedAt: NOW_MS + 1 });
    expect(second.aliases).toBe(first.aliases);
  });

  it('is right also when the cache is too small for anything', () => {
    const directory = new OperatorDirectory().withRegistry(REGISTRY);
    const roomy = pseudonymsOf();
    const cramped = new Pseudonyms(KEYRING, directory, { cacheBytes: 0 });
    for (let index = 0; index < 1000; index += 1) {
      const address = addressOf(`joe${index % 700}@att.net`);
      expect(cramped.mailbox(address, NOW_MS)).toEqual(roomy.mailbox(address, NOW_MS));
    }
  });

  it('forgets what it computed when keys or registry change', () => {
    const pseudonyms = pseudonymsOf();
    const before = pseudonyms.mailbox(addressOf('joe@acme.example'), NOW_MS);
    const device = pseudonyms.device('default', 'd1');
    const directory = pseudonyms.directory.withRegistry([]);
    const tenantKeys: Keyring['tenantKeys'] = new Map([['default', [ownKey('k2', 20)]]]);
    pseudonyms.update({ ...RETIRED, tenantKeys }, directory);
    const after = pseudonyms.mailbox(addressOf('joe@acme.example'), NOW_MS);
    expect(pseudonyms.directory).toBe(directory);
    expect(after.alias).not.toBe(before.alias);
    expect(after.operator).toBeUndefined();
    expect(after.aliases).toHaveLength(1);
    expect(pseudonyms.device('default', 'd1')).not.toBe(device);
    // The one name that a change of keys must not touch.
    expect(after.domain).toBe(before.domain);
  });
});

describe('events and links', () => {
  const local = fc.stringMatching(/^[a-z0-9.+-]{1,12}$/);
  const domain = fc.constantFrom(
    'gmail.com',
    'googlemail.com',
    'att.net',
    'yahoo.com',
    'me.com',
    'corp.example',
  );
  const keyrings = [KEYRING, ROTATED, RETIRED];

  /** Forms of the link's aliases under which the event is found. */
  function matches(event: string, eventKeys: Keyring, customer: string, linkKeys: Keyring): Set<string> {
    const indexed = new Set(pseudonymsOf(eventKeys).eventAliases(addressOf(event)));
    const { aliases } = pseudonymsOf(linkKeys).mailbox(addressOf(customer), NOW_MS);
    return new Set(aliases.filter(({ alias }) => indexed.has(alias)).map(({ form }) => form));
  }

  it('meet under every pair of keyrings one rotation apart', () => {
    fc.assert(
      fc.property(
        local,
        domain,
        fc.integer({ min: 0, max: 1 }),
        fc.boolean(),
        (name, at, step, eventFirst) => {
          const [before = KEYRING, after = KEYRING] = keyrings.slice(step, step + 2);
          const text = `${name}@${at}`;
          const [eventKeys, linkKeys] = eventFirst ? [before, after] : [after, before];
          expect(matches(text, eventKeys, text, linkKeys).has('exact')).toBe(true);
        },
      ),
    );
  });

  it('no longer meet when the key of one is retired', () => {
    expect(matches('joe@att.net', RETIRED, 'joe@att.net', KEYRING).size).toBe(0);
  });

  it.each([
    ['j.o.e+x@gmail.com', 'joe@gmail.com', ['exact']],
    ['joe@gmail.com', 'j.oe+y@googlemail.com', ['canonical']],
    ['jo.e+x@gmail.com', 'j.oe+y@gmail.com', ['canonical']],
    ['joe@corp.example', 'joe+x@corp.example', ['guessed']],
    ['joe@icloud.com', 'joe@me.com', ['guessed']],
    ['joe+x@corp.example', 'joe@corp.example', []],
    ['joe-x@yahoo.com', 'joe@yahoo.com', []],
    ['joe@att.net', 'joe@sbcglobal.net', []],
  ])('an event about %s meets a customer at %s by %j', (event, customer, forms) => {
    expect([...matches(event, KEYRING, customer, KEYRING)]).toEqual(forms);
  });
});

describe('Pseudonyms.subjectAlias', () => {
  const pseudonyms = pseudonymsOf();

  it('reads what a provider makes of an address', () => {
    const subject = opaqueSubjectOf(pairKey('p2', 6), addressOf('Joe@Acme.example'));
    expect(subject).toBe(`hmac-sha256:p2:${hmac(6, 'joe@acme.example')}`);
    expect(pseudonyms.subjectAlias('acme', subject)).toEqual({
      kind: 'alias',
      alias: pseudonyms.mailbox(addressOf('joe@acme.example'), NOW_MS).aliases[1]?.alias,
    });
  });

  it.each([
    ['acme', `hmac-sha256:p3:${hmac(7, 'x')}`, 'unknown-key'],
    ['att-feed', `hmac-sha256:p2:${hmac(6, 'x')}`, 'unknown-key'],
    ['stranger', `hmac-sha256:p1:${hmac(7, 'x')}`, 'unknown-key'],
    ['acme', `sha256:p1:${hmac(7, 'x')}`, 'malformed'],
    ['acme', hmac(7, 'x'), 'malformed'],
    ['acme', `hmac-sha256:p1:${hmac(7, 'x')}=`, 'malformed'],
    ['acme', `hmac-sha256:p1:${'A'.repeat(42)}B`, 'malformed'],
    ['acme', 'hmac-sha256:p1:joe@acme.example', 'malformed'],
    ['acme', '', 'malformed'],
  ])('refuses from %s the subject %s as %s', (provider, subject, cause) => {
    expect(pseudonyms.subjectAlias(provider, subject)).toEqual({ kind: 'refused', cause });
  });
});

describe('Pseudonyms.providersOf', () => {
  const pseudonyms = pseudonymsOf(KEYRING, [
    ...REGISTRY,
    { id: 'yahoo-feed', domains: ['att.net', 'acme.example'] },
  ]);

  it.each([
    ['joe@att.net', ['att-feed', 'yahoo-feed']],
    ['joe@sbcglobal.net', ['att-feed']],
    ['joe@acme.example', ['acme', 'yahoo-feed']],
    ['joe@mail.acme.example', ['acme']],
    ['joe@gmail.com', []],
    ['joe@corp.example', []],
  ])('the mailbox %s is covered by %j', (text, providers) => {
    expect(pseudonyms.providersOf(pseudonyms.mailbox(addressOf(text), NOW_MS))).toEqual(providers);
  });

  it('covers links from before the domain was registered', () => {
    const earlier = pseudonymsOf(KEYRING, []).mailbox(addressOf('joe@acme.example'), NOW_MS);
    expect(pseudonyms.providersOf(earlier)).toEqual(['acme', 'yahoo-feed']);
  });
});

describe('short pseudonyms', () => {
  const pseudonyms = pseudonymsOf();

  it('are 128 bits, differ by tenant and purpose, and do not change', () => {
    const of = (tenant: string): (string | undefined)[] => [
      pseudonyms.device(tenant, '192.0.2.1'),
      pseudonyms.ip(tenant, '192.0.2.1'),
      pseudonyms.destination(tenant, '192.0.2.1', '').id,
      pseudonyms.withdrawal(tenant, '192.0.2.1'),
      pseudonyms.signalId(tenant, { kind: 'named', signalId: '192.0.2.1' }),
      pseudonyms.contentDigest(tenant, '192.0.2.1'),
    ];
    const all = [...of('default'), ...of('other')];
    for (const pseudonym of all) expect(pseudonym).toMatch(SHORT);
    expect(new Set(all).size).toBe(all.length);
    expect([...of('default'), ...of('other')]).toEqual(all);
    expect(pseudonyms.device('default', 'd1')).toBe(hmac(3, 'device\n7:default\n2:d1').slice(0, 22));
    expect(pseudonyms.withdrawal('default', 'w1')).toBe(hmac(2, 'withdrawal\n7:default\n2:w1').slice(0, 22));
  });

  it('never take one split of the parts for another', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
        fc.pre(a !== c || b !== d);
        expect(pseudonyms.withdrawal(a, b)).not.toBe(pseudonyms.withdrawal(c, d));
      }),
    );
    expect(pseudonyms.withdrawal('a', 'b\n1:c')).not.toBe(pseudonyms.withdrawal('a\n1:b', 'c'));
  });

  it('need a key for the tenant', () => {
    expect(() => pseudonyms.device('nobody', 'd1')).toThrow(KeyringError);
    expect(() => pseudonyms.ip('nobody', '192.0.2.1')).toThrow('the tenant has no keys');
  });

  it.each([
    ['2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
  ])('name the IP address %s as %s', (one, other) => {
    expect(pseudonyms.ip('default', one)).toBe(pseudonyms.ip('default', other));
  });

  it.each(['', 'home', '192.0.2', '192.0.2.256', '192.0.2.01', 'fe80::1%eth0', '192.0.2.1/24', '[::1]'])(
    'name nothing for %j, which is no IP address',
    (text) => {
      expect(pseudonyms.ip('default', text)).toBeUndefined();
    },
  );

  it('tell IP addresses apart', () => {
    expect(pseudonyms.ip('default', '2001:db8::1')).not.toBe(pseudonyms.ip('default', '2001:db8::2'));
  });

  it('name a destination by the place, whatever its spelling, and trust by the exact network', () => {
    const id = (network: string, address: string): string =>
      pseudonyms.destination('default', network, address).id;
    const evm = '0x52908400098527886E0F7030069857D2E4169EE7';
    expect(id('Ethereum', evm)).toBe(id(' ethereum', ` ${evm.toLowerCase()} `));
    expect(id('polygon', evm)).toBe(id('ethereum', evm));
    const trustId = (network: string): unknown => pseudonyms.destination('default', network, evm).trustId;
    expect(trustId('polygon')).not.toBe(trustId('ethereum'));
    expect(trustId('ERC20')).toBe(trustId('ethereum'));
    const bech32 = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
    expect(id('bitcoin', bech32)).toBe(id('bitcoin', bech32.toUpperCase()));
    const base58 = '1BoatSLRHtKNngkdXEeobR76b53LETtpyT';
    expect(id('bitcoin', base58)).not.toBe(id('bitcoin', base58.toLowerCase()));
  });

  it('keep weak links apart from identity, keyed like all else', () => {
    const names = (network: string, address: string, tenant = 'default') =>
      pseudonyms.destination(tenant, network, address);
    const evm = names('ethereum', '0x7887377a1760aB09c32E9E08efC7F18F66C42d3a');
    const tron = names('tron', 'TLxW56m7pFdzqzRHbYyfxtL7R5TRMXmZPh');
    expect(evm.linkIds).toEqual(tron.linkIds);
    expect(evm.linkIds).toEqual([expect.stringMatching(/^[\w-]{22}$/)]);
    expect([tron.id, tron.accountId]).not.toContain(evm.id);
    expect(names('tron', 'TLxW56m7pFdzqzRHbYyfxtL7R5TRMXmZPh', 'other').linkIds).not.toEqual(tron.linkIds);
    expect(names('bitcoin', '1BoatSLRHtKNngkdXEeobR76b53LETtpyT').linkIds).toBeUndefined();
  });

  it('show the last four characters of a destination that has more to hide', () => {
    const suffix = (address: string): string => pseudonyms.destination('default', 'n', address).suffix;
    expect(suffix('1BoatSLRHtKNngkdXEeobR76b53LETtpyT')).toBe('tpyT');
    expect(suffix('12345678901')).toBe('');
    expect(suffix('123456789012')).toBe('9012');
    expect(suffix('12345678🔑🔑🔑🔑🔑')).toBe('🔑🔑🔑🔑');
  });
});

describe('Pseudonyms.signalId', () => {
  const described: SignalIdentity = {
    kind: 'described',
    accountId: 'a1',
    type: 'PASSWORD_RESET',
    occurredAt: NOW_MS,
    channel: 'EMAIL',
    mailbox: addressOf('joe@att.net'),
  };
  const id = (identity: SignalIdentity, keyring = KEYRING): string =>
    pseudonymsOf(keyring).signalId('default', identity);

  it('tells apart whatever describes a signal', () => {
    const { channel: _channel, ...noChannel } = described;
    const { mailbox: _mailbox, ...noMailbox } = described;
    const all: SignalIdentity[] = [
      described,
      noChannel,
      noMailbox,
      { ...described, accountId: 'a2' },
      { ...described, type: 'PASSWORD_CHANGED' },
      { ...described, occurredAt: NOW_MS + 1 },
      { ...described, mailbox: addressOf('joe@sbcglobal.net') },
      { ...described, factor: { channel: 'TOTP', factorId: '' } },
      { ...described, factor: { channel: 'TOTP', factorId: 'his' } },
      { ...described, factor: { channel: 'PASSKEY', factorId: 'his' } },
      { kind: 'named', signalId: 'a1' },
    ];
    expect(new Set(all.map((identity) => id(identity))).size).toBe(all.length);
  });

  it('survives a rotation', () => {
    expect(id(described, RETIRED)).toBe(id(described));
  });
});

describe('listPseudonyms', () => {
  const pseudonyms = pseudonymsOf(ROTATED);
  const lists = listPseudonyms(pseudonyms, 'other');

  it('names what decisions meet', () => {
    const link = pseudonyms.mailbox(addressOf('joe@att.net'), NOW_MS);
    expect(lists.mailbox(' JOE@att.net')?.[0]).toBe(link.alias);
    expect(lists.mailbox('joe@att.net')).toHaveLength(2);
    expect(lists.domain('ATT.net')).toBe('att.net');
    expect(lists.domain('Acme.Example')).toBe(pseudonyms.domain('acme.example'));
    expect(lists.device('d1')).toBe(pseudonyms.device('other', 'd1'));
    expect(lists.destination('bitcoin', 'x')).toEqual(pseudonyms.destination('other', 'bitcoin', 'x'));
  });

  it('names nothing for what cannot be', () => {
    expect(lists.mailbox('joe')).toBeUndefined();
    expect(lists.domain('gmаil.com')).toBeUndefined();
  });
});

describe('I8: nothing identifies a person in what leaves this part', () => {
  it('gives no clear identifier away, nor a way to one from the object', () => {
    const pseudonyms = pseudonymsOf();
    const canary = 'canary7f3';
    const seen: unknown[] = [
      pseudonyms.mailbox(addressOf(`${canary}.x+${canary}@gmail.com`), NOW_MS),
      pseudonyms.mailbox(addressOf(`${canary}@att.net`), NOW_MS),
      pseudonyms.mailbox(addressOf(`shop@${canary}.fastmail.com`), NOW_MS),
      pseudonyms.mailbox(addressOf(`me@${canary}.example`), NOW_MS),
      pseudonyms.eventAliases(addressOf(`${canary}@acme.example`)),
      pseudonyms.device('default', canary),
      pseudonyms.destination('default', 'bitcoin', `${canary}0000`),
      pseudonyms.withdrawal('default', canary),
      pseudonyms.contentDigest('default', canary),
      pseudonyms.signalId('default', { kind: 'named', signalId: canary }),
    ];
    const shown =
      JSON.stringify([seen, pseudonyms]) + inspect([seen, pseudonyms], { depth: 10, showHidden: true });
    expect(shown).not.toContain(canary);
  });
});
