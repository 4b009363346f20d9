import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalForm, foldedForms, OPERATORS, OperatorDirectory } from '../../src/identity/index.js';
import { domainsOf, LISTED_DOMAINS } from '../../src/identity/operator-table.js';
import { addressOf } from './fixtures.js';

const directory = new OperatorDirectory();

function formsOf(text: string): string[] {
  const address = addressOf(text);
  return foldedForms(address, directory.operatorOf(address.domain)).map(
    ({ form, canonical }) => `${form} ${canonical}`,
  );
}

describe('foldedForms', () => {
  it.each([
    ['joe@gmail.com', []],
    // The published vector of UID2 for normalisation: gmail.com, capitals.
    ['JANESaoirse@gmail.com', []],
    ['Jane.Saoirse+UID2@gmail.com', ['canonical janesaoirse@gmail.com']],
    ['j.o.e@googlemail.com', ['canonical joe@gmail.com']],
    ['joe@googlemail.com', ['canonical joe@gmail.com']],
    ['joe+a+b@gmail.com', ['canonical joe@gmail.com']],
    ['+joe@gmail.com', []],
    ['...@gmail.com', []],
    ['joe+x@outlook.com', ['canonical joe@outlook.com']],
    ['j.oe@hotmail.com', []],
    ['joe+x@icloud.com', ['canonical joe@icloud.com', 'guessed joe@me.com', 'guessed joe@mac.com']],
    ['joe@me.com', ['guessed joe@icloud.com', 'guessed joe@mac.com']],
    ['joe+x@fastmail.com', ['canonical joe@fastmail.com']],
    ['shop@joe.fastmail.com', ['canonical joe@fastmail.com']],
    [
      'j.oe+x@proton.me',
      [
        'canonical j.oe@proton.me',
        'guessed joe@proton.me',
        'guessed joe@protonmail.com',
        'guessed joe@pm.me',
      ],
    ],
    ['joe@pm.me', ['guessed joe@proton.me', 'guessed joe@protonmail.com']],
    ['joe-shop@yahoo.com', ['guessed joe@yahoo.com']],
    ['joe-shop+x@yahoo.co.uk', ['guessed joe@yahoo.co.uk']],
    ['-joe@yahoo.com', []],
    ['joe-shop@att.net', []],
    ['joe+x@att.net', ['guessed joe@att.net']],
    ['joe@sbcglobal.net', []],
    ['joe+x@example.org', ['guessed joe@example.org']],
    ['joe@example.org', []],
  ])('%s folds to %j', (text, forms) => {
    expect(formsOf(text)).toEqual(forms);
  });

  it("keeps an operator's rules to its own domains", () => {
    const workspace = addressOf('j.oe+x@acme.example');
    expect(foldedForms(workspace, 'google')).toEqual([{ form: 'guessed', canonical: 'j.oe@acme.example' }]);
  });

  const local = fc.stringMatching(/^[a-z0-9.+_-]{1,20}$/);
  const listed = fc.constantFrom(...LISTED_DOMAINS);

  it('never folds an AT&T address to another domain', () => {
    const attDomains = domainsOf(
      OPERATORS.find(({ id }) => id === 'att') ?? { id: '', name: '', domains: [] },
    );
    fc.assert(
      fc.property(local, fc.constantFrom(...attDomains), (name, domain) => {
        for (const { canonical } of foldedForms(addressOf(`${name}@${domain}`), 'att')) {
          expect(canonical.endsWith(`@${domain}`)).toBe(true);
        }
      }),
    );
  });

  it('gives forms that are valid, differ from the exact one and from each other, canonical first and once', () => {
    fc.assert(
      fc.property(local, listed, (name, domain) => {
        const address = addressOf(`${name}@${domain}`);
        const forms = foldedForms(address, directory.operatorOf(domain));
        const texts = [address.exact, ...forms.map(({ canonical }) => canonical)];
        expect(new Set(texts).size).toBe(texts.length);
        expect(forms.slice(1).every(({ form }) => form === 'guessed')).toBe(true);
        for (const text of texts) expect(addressOf(text).exact).toBe(text);
      }),
    );
  });

  it('folds a canonical form no further by the same rule', () => {
    fc.assert(
      fc.property(local, listed, (name, domain) => {
        const first = canonicalForm(addressOf(`${name}@${domain}`), directory.operatorOf(domain));
        if (first?.form !== 'canonical') return;
        const again = addressOf(first.canonical);
        expect(canonicalForm(again, directory.operatorOf(again.domain))?.form).not.toBe('canonical');
      }),
      // Found while this rule was written: dots before a tag.
      {
        examples: [
          ['a.+b', 'gmail.com'],
          ['.+b', 'gmail.com'],
          ['a..', 'googlemail.com'],
        ],
      },
    );
  });
});
