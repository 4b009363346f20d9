import { describe, expect, it } from 'vitest';
import { OPERATORS, OperatorDirectory } from '../../src/identity/index.js';
import { domainsOf, LISTED_DOMAINS } from '../../src/identity/operator-table.js';
import { REGISTRY } from './fixtures.js';

const ATT_DOMAINS = [
  'ameritech.net',
  'att.net',
  'bellsouth.net',
  'currently.com',
  'flash.net',
  'nvbell.net',
  'pacbell.net',
  'prodigy.net',
  'sbcglobal.net',
  'snet.net',
  'swbell.net',
  'wans.net',
];

describe('the table of operators', () => {
  it('names no domain and no operator twice', () => {
    expect(OPERATORS.flatMap(domainsOf)).toHaveLength(LISTED_DOMAINS.size);
    expect(new Set(OPERATORS.map(({ id }) => id)).size).toBe(OPERATORS.length);
  });

  it('holds lower-case host names only', () => {
    for (const domain of LISTED_DOMAINS) expect(domain).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
  });
});

describe('OperatorDirectory', () => {
  const directory = new OperatorDirectory();

  it("knows AT&T's twelve domains", () => {
    expect(ATT_DOMAINS.map((domain) => directory.operatorOf(domain))).toEqual(ATT_DOMAINS.map(() => 'att'));
  });

  it.each([
    ['yahoo.co.uk', 'yahoo'],
    ['aol.com', 'aol'],
    ['verizon.net', 'aol'],
    ['comcast.net', 'comcast'],
    ['cox.net', 'cox'],
    ['googlemail.com', 'google'],
    ['hotmail.fr', 'microsoft'],
    ['live.com.au', 'microsoft'],
    ['me.com', 'apple'],
    ['gmx.at', 'gmx'],
    ['web.de', 'web-de'],
    ['mail.com', 'mail-com'],
    ['anna.fastmail.com', 'fastmail'],
  ])('%s is run by %s', (domain, operator) => {
    expect(directory.operatorOf(domain)).toBe(operator);
  });

  it.each([
    'att.net.example.org',
    'sub.att.net',
    'xatt.net',
    'att.com',
    'live.example',
    'live.tv',
    'yahoo.co.jp',
    'yahoo.github.io',
    'a.b.fastmail.com',
    'com',
    '',
  ])('%j is nobody’s', (domain) => {
    expect(directory.operatorOf(domain)).toBeUndefined();
    expect(directory.isListed(domain)).toBe(false);
  });

  it('lets only domains of the table be stored in clear', () => {
    const registered = directory.withRegistry(REGISTRY);
    expect(registered.isListed('att.net')).toBe(true);
    expect(registered.isListed('anna.fastmail.com')).toBe(false);
    expect(registered.isListed('acme.example')).toBe(false);
  });

  it('asks the registry after the table', () => {
    const registered = directory.withRegistry([
      { id: 'acme', domains: ['acme.example', 'att.net'] },
      { id: 'hoster', operator: 'comcast', domains: ['hosted.example', 'acme.example'] },
    ]);
    expect(registered.operatorOf('acme.example')).toBe('acme');
    expect(registered.operatorOf('att.net')).toBe('att');
    expect(registered.operatorOf('hosted.example')).toBe('comcast');
    expect(directory.operatorOf('acme.example')).toBeUndefined();
  });

  it('names every provider that may speak of a domain, once', () => {
    const registered = directory.withRegistry([
      { id: 'one', operator: 'att' },
      { id: 'two', domains: ['att.net', 'acme.example'] },
      { id: 'both', operator: 'att', domains: ['att.net', 'att.net'] },
    ]);
    expect(registered.providersFor('att.net', 'att')).toEqual(['one', 'both', 'two']);
    expect(registered.providersFor('sbcglobal.net', 'att')).toEqual(['one', 'both']);
    expect(registered.providersFor('acme.example', 'two')).toEqual(['two']);
    expect(registered.providersFor('gmail.com', 'google')).toEqual([]);
    expect(registered.providersFor('nobody.example', undefined)).toEqual([]);
  });

  it('gives a provider no power over an operator whose id it took', () => {
    const registered = directory.withRegistry([{ id: 'att', domains: ['acme.example'] }]);
    expect(registered.operatorOf('acme.example')).toBeUndefined();
    expect(registered.providersFor('att.net', 'att')).toEqual([]);
    expect(registered.providersFor('acme.example', undefined)).toEqual(['att']);
  });
});
