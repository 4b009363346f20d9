import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMailAddress } from '../../src/identity/index.js';
import { addressOf } from './fixtures.js';

function causeOf(text: string): string {
  const reading = readMailAddress(text);
  return reading.kind === 'invalid' ? reading.cause : `valid: ${reading.address.exact}`;
}

describe('readMailAddress', () => {
  it.each([
    ['joe@att.net', 'joe@att.net'],
    ['  Joe.Doe@ATT.NET\n', 'joe.doe@att.net'],
    ['JANESaoirse@gmail.com', 'janesaoirse@gmail.com'],
    ["o'brien+coins@sub.example.org", "o'brien+coins@sub.example.org"],
    ['a..b.@example.org', 'a..b.@example.org'],
    ['joe@Bücher.example', 'joe@xn--bcher-kva.example'],
    ['joe@XN--BCHER-KVA.example', 'joe@xn--bcher-kva.example'],
    ['joe@faß.example', 'joe@xn--fa-hia.example'],
    ['joe@例え.テスト', 'joe@xn--r8jz45g.xn--zckzah'],
    ['joe@почта.рф', 'joe@xn--80a1acny.xn--p1ai'],
    ['joe@gmail。com', 'joe@gmail.com'],
    ['joe@hyper---link.example', 'joe@hyper---link.example'],
  ])('reads %j as %j', (text, exact) => {
    expect(addressOf(text).exact).toBe(exact);
  });

  it('gives composed and decomposed letters one form', () => {
    expect(addressOf('jose\u0301@example.org')).toEqual(addressOf('jos\u00e9@example.org'));
  });

  it('splits at the only @', () => {
    expect(addressOf('Joe+x@Mail.Example')).toEqual({
      exact: 'joe+x@mail.example',
      local: 'joe+x',
      domain: 'mail.example',
    });
  });

  it.each([
    ['', 'it is empty'],
    [' \t ', 'it is empty'],
    ['joe', 'it has no @'],
    ['@example.org', 'the part before the @ is empty'],
    ['joe@', 'the domain has no dot'],
    ['joe@localhost', 'the domain has no dot'],
    ['joe@@example.org', 'the part before the @ needs quotes'],
    ['a@b@example.org', 'the part before the @ needs quotes'],
    ['"joe doe"@example.org', 'it holds a space or an unprintable character'],
    ['"joe"@example.org', 'the part before the @ needs quotes'],
    ['joe,eve@example.org', 'the part before the @ needs quotes'],
    ['jo e@example.org', 'it holds a space or an unprintable character'],
    ['joe\u0000@example.org', 'it holds a space or an unprintable character'],
    ['joe\u200b@example.org', 'it holds a space or an unprintable character'],
    ['joe\u202e@example.org', 'it holds a space or an unprintable character'],
    ['joe\ud800@example.org', 'it holds a space or an unprintable character'],
    ['joe@ example.org', 'the domain has a label that is empty, too long or badly formed'],
    ['joe@example..org', 'the domain has a label that is empty, too long or badly formed'],
    ['joe@example.org.', 'the domain has a label that is empty, too long or badly formed'],
    ['joe@-example.org', 'the domain has a label that is empty, too long or badly formed'],
    ['joe@exa_mple.org', 'the domain has a label that is empty, too long or badly formed'],
    ['joe@b%41ücher.org', 'the domain has a label that is empty, too long or badly formed'],
    ['joe@bücher.org/path', 'the domain has a label that is empty, too long or badly formed'],
    ['joe@[192.0.2.1]', 'the domain has a label that is empty, too long or badly formed'],
    ['joe@192.0.2.1', 'the domain is an IP address'],
    ['joe@1.2.3', 'the domain is an IP address'],
    ['joe@xn--a.example', 'the domain is not a valid international name'],
    ['joe@xn--zzzz-.example', 'the domain is not a valid international name'],
    // Cyrillic а among Latin letters.
    ['joe@gm\u0430il.com', 'the domain mixes scripts'],
    ['joe@xn--gmil-63d.com', 'the domain mixes scripts'],
    // A script that the list of recommended ones lacks: Cherokee.
    ['joe@\uab70\uab71.com', 'the domain mixes scripts'],
    // Wholly Cyrillic and Greek, read as apple.com and ov.com.
    ['joe@\u0430\u0440\u0440\u04cf\u0435.com', 'the domain looks like another one'],
    ['joe@\u03bf\u03bd.com', 'the domain looks like another one'],
    // Wholly Latin: dotless i, and an accent.
    ['joe@gma\u0131l.com', 'the domain looks like another one'],
    ['joe@mail.gma\u0131l.com', 'the domain looks like another one'],
    ['joe@\u00e1tt.net', 'the domain looks like another one'],
  ])('refuses %j: %s', (text, cause) => {
    expect(causeOf(text)).toBe(cause);
  });

  it('accepts a wholly Cyrillic domain of look-alikes under its own top-level domain', () => {
    expect(addressOf('joe@\u0441\u043e\u0440.\u0440\u0444').domain).toBe('xn--n1aeb.xn--p1ai');
  });

  it('counts octets, not characters', () => {
    expect(addressOf(`${'a'.repeat(64)}@example.org`).local).toHaveLength(64);
    expect(causeOf(`${'a'.repeat(65)}@example.org`)).toBe('the part before the @ is too long');
    expect(addressOf(`${'é'.repeat(32)}@example.org`).local).toHaveLength(32);
    expect(causeOf(`${'é'.repeat(33)}@example.org`)).toBe('the part before the @ is too long');
  });

  it('holds the address to 254 octets and the domain to its own limits', () => {
    const label = 'd'.repeat(63);
    const domain = `${label}.${label}.${label}.example`;
    expect(domain).toHaveLength(199);
    expect(addressOf(`${'a'.repeat(54)}@${domain}`).exact).toHaveLength(254);
    expect(causeOf(`${'a'.repeat(55)}@${domain}`)).toBe('it is too long');
    expect(causeOf(`joe@${'d'.repeat(64)}.example`)).toBe(
      'the domain has a label that is empty, too long or badly formed',
    );
    expect(causeOf(`joe@${label}.${label}.${label}.${label}`)).toBe('the domain is too long');
    expect(causeOf(`${'a'.repeat(2000)}@example.org`)).toBe('it is too long');
  });

  const local = fc.stringMatching(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$/);
  const label = fc.stringMatching(/^[A-Za-z0-9]{1,10}$/);
  const plainAddress = fc.tuple(local, label, label).map(([name, a, b]) => `${name}@${a}x.${b}x`);

  it('is idempotent and blind to case and space around', () => {
    fc.assert(
      fc.property(plainAddress, (text) => {
        const { exact } = addressOf(text);
        expect(addressOf(exact).exact).toBe(exact);
        expect(addressOf(text.toUpperCase()).exact).toBe(exact);
        expect(addressOf(` ${text}\r\n`).exact).toBe(exact);
      }),
    );
  });

  it('is idempotent on whatever it accepts, and never throws', () => {
    const odd = fc.string({ unit: 'binary', maxLength: 12 });
    fc.assert(
      fc.property(odd, odd, (name, domain) => {
        const reading = readMailAddress(`${name}@${domain}.com`);
        if (reading.kind === 'invalid') return;
        expect(readMailAddress(reading.address.exact)).toEqual(reading);
        expect(reading.address.domain).toMatch(/^[a-z0-9.-]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('never quotes the text in a cause', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        expect(causeOf(`canary7f3${text}"@`)).not.toContain('canary7f3');
      }),
    );
  });
});
