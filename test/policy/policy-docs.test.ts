import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FIELDS, LISTS } from '../../src/policy/cel/fields.js';
import { POLICY_SCHEMA } from '../../src/policy/index.js';
import { MAIN_KEYS } from '../../src/policy/schema/condition-schema.js';

const DOCS = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');

describe('docs/policy.md', () => {
  it.each(Object.keys(Object(POLICY_SCHEMA['properties'])))('explains the field %s', (field) => {
    expect(DOCS).toContain(`\`${field}\``);
  });

  it.each(MAIN_KEYS)('explains the condition %s', (key) => {
    expect(DOCS).toMatch(new RegExp(`^\\| \`${key}: `, 'm'));
  });

  it.each(Object.entries(FIELDS))(
    'says of the CEL field %s what the code says',
    (name, { kind, meaning }) => {
      expect(DOCS).toContain(`| \`${name}\` | ${kind} | ${meaning}`);
    },
  );

  it.each(Object.entries(LISTS))('says of the list %s what the code says', (name, { fields }) => {
    const [row = ''] = DOCS.split('\n').filter((line) => line.startsWith(`| \`${name}\` |`));
    for (const [field, { kind, meaning }] of Object.entries(fields)) {
      expect(row).toContain(`\`${field}\` ${kind}: ${meaning}`);
    }
  });
});
