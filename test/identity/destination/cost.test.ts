import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NETWORK_NAMES } from '../../../src/identity/destination/networks.js';
import { readDestination } from '../../../src/identity/destination/read-destination.js';
import { hostileTexts } from './hostile-texts.mjs';

/** Half of what a reading may take of the processor, whatever the text is. Typical ones take 0.2 to 21 µs, these up to 60. */
const MOST_US = 500;
const CALLS = 20;
/** Other work of the process (compiling, collecting) lands in some passes; one without it is enough. */
const PASSES = 25;

/** Processor time of one call in µs, at the best of some passes: not by the clock, so a busy machine changes nothing. */
function bestUs(call: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < PASSES && best >= MOST_US; pass++) {
    const before = process.cpuUsage();
    for (let at = 0; at < CALLS; at++) call();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / CALLS);
  }
  return best;
}

test.each(NETWORK_NAMES)('no text takes more than 1 ms on %s', (network) => {
  const slow = hostileTexts().filter((text) => bestUs(() => readDestination(network, text)) >= MOST_US);
  expect(slow).toEqual([]);
});

test('nor do texts far too long, wherever they stand', () => {
  const long = ['1', 'f', ' ', '-', '.', '(', '\u200b', 'a-', '?memo=1&'].map((part) => part.repeat(20_000));
  for (const text of long) {
    // Cost grows with the length at most: twenty thousand characters are 80 times the longest address.
    for (const call of [
      () => readDestination('bitcoin', text),
      () => readDestination(text, 'x'),
      () => readDestination('stellar', 'x', { kind: 'value', value: text }),
      () => readDestination('ripple', 'x', { kind: 'value', value: text }),
    ]) {
      expect(bestUs(call)).toBeLessThan(80 * MOST_US);
    }
  }
});

test('no text throws, on any network', () => {
  const text = fc.oneof(
    fc.constantFrom(...hostileTexts()),
    fc.string({
      unit: fc.constantFrom(...'0123456789abcdefxzQqZ1:/?&=%.-_*@$+ \u200b€😀') as never,
      maxLength: 260,
    }),
    fc.string({ unit: 'binary', maxLength: 260 }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...NETWORK_NAMES),
      text,
      text,
      fc.option(text),
      (network, address, tag, type) => {
        const input = { kind: 'value', value: tag, ...(type === null ? {} : { type }) } as const;
        expect(readDestination(network, address, input).account).not.toBe('');
      },
    ),
    { numRuns: 3_000 },
  );
});
