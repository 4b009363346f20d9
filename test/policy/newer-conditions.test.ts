import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/policy/index.js';
import { lackingParts, NEWER_PARTS, type NewerPart } from '../../src/policy/newer-conditions.js';
import type { PolicyDocument } from '../../src/policy/policy-document.js';
import { TEST_PSEUDONYMS } from './list-pseudonyms.js';

function documentOf(file: string): PolicyDocument {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const result = readPolicy(text, { pseudonyms: TEST_PSEUDONYMS });
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.document;
}

const PARTS: readonly NewerPart[] = [
  { kind: 'setting', path: ['exposure', 'watch'], since: '2', gain: 'a' },
  { kind: 'setting', path: ['tiers', '*', 'below'], since: '2', gain: 'b' },
  { kind: 'setting', path: ['tiers', '*', 'colour'], since: '2', gain: 'c' },
  { kind: 'condition', key: 'device_age', since: '2', gain: 'd' },
  { kind: 'condition', key: 'unauthorised', since: '2', gain: 'e' },
  { kind: 'field', name: 'velocity.count', since: '2', gain: 'f' },
];

describe('what a policy lacks', () => {
  it('is found for settings, in lists too, for conditions and for fields of custom rules', () => {
    const lacking = lackingParts(documentOf('engine-1/default.yaml'), PARTS);
    expect(lacking.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'setting tiers[].colour',
      'condition unauthorised',
      'field velocity.count',
    ]);
  });

  it('is everything newer for the default policy of version 1, and each row is new to it', () => {
    expect(lackingParts(documentOf('engine-1/default.yaml'))).toHaveLength(NEWER_PARTS.length);
  });
});
