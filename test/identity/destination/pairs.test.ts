import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { destinationKey, readDestination } from '../../../src/identity/destination/read-destination.js';
import type { TagInput } from '../../../src/identity/destination/tags.js';

/** Two spellings, checked with the networks' own libraries, and whether they are one place. */
interface Pair {
  readonly network: string;
  readonly a: string;
  readonly memo_a?: string;
  readonly b: string;
  readonly memo_b?: string;
  readonly memo_type?: string;
  readonly expect: 'same' | 'different';
  readonly why: string;
}

const pairs: readonly Pair[] = JSON.parse(readFileSync(join(import.meta.dirname, 'pairs.json'), 'utf8'));

function tagOf(memo: string | undefined, type: string | undefined): TagInput {
  if (memo === undefined) return { kind: 'not-told' };
  return { kind: 'value', value: memo, ...(type === undefined ? {} : { type }) };
}

test.each(pairs)(
  '$network: $why ($expect)',
  ({ network, a, b, memo_a, memo_b, memo_type, expect: wanted }) => {
    const one = readDestination(network, a, tagOf(memo_a, memo_type));
    const other = readDestination(network, b, tagOf(memo_b, memo_type));
    expect([one.doubt, other.doubt]).toEqual([undefined, undefined]);
    const isSame = destinationKey(one).join('\n') === destinationKey(other).join('\n');
    expect(isSame ? 'same' : 'different').toBe(wanted);
  },
);
