import { expect, test } from 'vitest';
import { holdfast } from './command.js';

const explain = (...args: readonly string[]) => holdfast(['destination', 'explain', ...args]);

test('two spellings of one place are told alike', async () => {
  const plain = await explain('ripple', 'raSMVoKrv6B4SA3ZDUMrLo8qeQsaB6bvKk', '--without-tag');
  const packed = await explain('XRP', 'X7mGQqmmzYqBfGyv3tfK1vgGQ1bCLvwBCyW4AMMHeh2ZPsd');
  expect(plain).toMatchObject({ code: 0, err: '' });
  expect(packed.out).toBe(plain.out);
});

test('a doubt is named, ends with 1, and is there for programs too', async () => {
  const told = await explain('bitcoin', 'nonsense');
  expect(told).toMatchObject({ code: 1, out: expect.stringContaining('ADDRESS_UNREADABLE: ') });
  const { code, out } = await explain('ripple', 'raSMVoKrv6B4SA3ZDUMrLo8qeQsaB6bvKk', '--tag', 'x', '--json');
  expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ doubt: 'TAG_UNREADABLE' })]);
});

test('options that contradict each other are called wrong', async () => {
  expect(await explain('ripple', 'r', '--tag', '1', '--without-tag')).toMatchObject({ code: 2 });
  expect(await explain('stellar', 'G', '--tag-type', 'id')).toMatchObject({ code: 2 });
});

test('tags that contradict each other are all named', async () => {
  const { out } = await explain('ripple', 'ripple:raSMVoKrv6B4SA3ZDUMrLo8qeQsaB6bvKk?dt=1&dt=2');
  expect(out).toContain('tag      1 or 2\n');
  expect(out).toContain('DESTINATION_TAG_CONFLICT: ');
});
