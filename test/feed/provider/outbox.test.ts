import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_RETENTION, keptTokens, Outbox } from '../../../src/feed/provider/outbox.js';
import { SEGMENT_TOKENS } from '../../../src/feed/provider/outbox-segments.js';
import { FEED_STREAM, feedStreamConfig } from '../../../src/feed/stream.js';

const NOW_MS = 1_795_500_000_000;

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-outbox-'));
  file = join(folder, 'att.outbox.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function tokens(count: number, from = 1): { jti: string; token: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    jti: `jti-${from + index}`,
    token: `t-${from + index}`,
  }));
}

async function held(from: number, to: number): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq, token, jti } of keptTokens(file, from, to)) {
    expect([token, jti]).toEqual([`t-${seq}`, `jti-${seq}`]);
    seqs.push(seq);
  }
  return seqs;
}

/** Fills and confirms files of tokens, and `extra` tokens in the newest. */
async function fill(outbox: Outbox, segments: number, extra: number): Promise<void> {
  for (let segment = 0; segment < segments; segment++) await addConfirmed(outbox, SEGMENT_TOKENS);
  await addConfirmed(outbox, extra);
}

async function addConfirmed(outbox: Outbox, count: number): Promise<void> {
  const kept = await outbox.add(tokens(count, outbox.next), NOW_MS);
  outbox.confirm(kept.map(({ seq }) => seq));
}

function segmentFiles(): string[] {
  return readdirSync(`${file}.tokens`).sort();
}

describe('an outbox', () => {
  test('gives numbers from 1 on, without holes, also to those that open it later', async () => {
    const first = await Outbox.open(file);
    expect((await first.add(tokens(2), NOW_MS)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect((await first.add(tokens(1, 3), NOW_MS)).map(({ seq }) => seq)).toEqual([3]);
    first.confirm([1]);
    first.confirm([3]);
    await first.close();
    const second = await Outbox.open(file);
    expect(second.next).toBe(4);
    expect(second.unconfirmed).toEqual([{ seq: 2, jti: 'jti-2', token: 't-2', at: NOW_MS }]);
    await second.close();
  });

  test('keeps what it published, and finds it by its number across files', async () => {
    const outbox = await Outbox.open(file);
    await fill(outbox, 2, 5);
    expect(segmentFiles()).toHaveLength(3);
    expect(await held(SEGMENT_TOKENS - 1, SEGMENT_TOKENS + 2)).toEqual([999, 1000, 1001, 1002]);
    expect(await held(2_004, 3_000)).toEqual([2_004, 2_005]);
    expect(await held(4_000, 5_000)).toEqual([]);
    await outbox.close();
  });

  test('carries what is not confirmed into the next file', async () => {
    const outbox = await Outbox.open(file);
    await outbox.add(tokens(1), NOW_MS);
    await addConfirmed(outbox, SEGMENT_TOKENS);
    await addConfirmed(outbox, 1);
    await outbox.close();
    const again = await Outbox.open(file);
    expect(segmentFiles()).toHaveLength(2);
    expect(again.unconfirmed.map(({ seq }) => seq)).toEqual([1]);
    again.confirm([1]);
    await again.close();
    const last = await Outbox.open(file);
    expect(last.unconfirmed).toEqual([]);
    await last.close();
  });

  test('takes over the file of an earlier version, with its counter and its pending token', async () => {
    writeFileSync(file, '{"next":8,"pending":{"seq":7,"jti":"jti-7","token":"t-7"}}\n');
    const outbox = await Outbox.open(file);
    expect(outbox.unconfirmed.map(({ seq }) => seq)).toEqual([7]);
    expect((await outbox.add(tokens(1, 8), NOW_MS)).map(({ seq }) => seq)).toEqual([8]);
    await outbox.close();
    expect(await held(1, 10)).toEqual([7, 8]);
  });

  test('takes over a counter that has no pending token', async () => {
    writeFileSync(file, '{"next":8}\n');
    const outbox = await Outbox.open(file);
    expect([outbox.next, outbox.unconfirmed]).toEqual([8, []]);
    await outbox.close();
  });

  test('goes on behind a line that a crash cut off: its token was never sent', async () => {
    const outbox = await Outbox.open(file);
    await outbox.add(tokens(2), NOW_MS);
    await outbox.close();
    const [segment = ''] = segmentFiles();
    appendFileSync(join(`${file}.tokens`, segment), '{"seq":3,"jti":"jti-3","to');
    const again = await Outbox.open(file);
    expect(again.next).toBe(3);
    await again.add(tokens(1, 3), NOW_MS);
    await again.close();
    expect(await held(1, 10)).toEqual([1, 2, 3]);
  });

  test.each([
    ['the file', (): void => writeFileSync(file, '{"next":0}')],
    ['the folder', (): void => rmSync(`${file}.tokens`, { recursive: true })],
    ['the newest tokens', (): void => writeFileSync(join(`${file}.tokens`, segmentFiles()[0] ?? ''), 'x\n')],
  ])('refuses to begin anew when %s is lost or damaged', async (_, damage) => {
    const outbox = await Outbox.open(file);
    await addConfirmed(outbox, 1);
    await outbox.close();
    damage();
    await expect(Outbox.open(file)).rejects.toMatchObject({ code: 'OUTBOX_INVALID' });
    expect(readdirSync(folder)).not.toContain('att.outbox.json.lock');
  });

  test('an earlier version does not read it as a counter to go on from', async () => {
    const outbox = await Outbox.open(file);
    await outbox.close();
    expect(JSON.parse(readFileSync(file, 'utf8'))).not.toHaveProperty('next');
  });
});

describe('retention', () => {
  const RETENTION = { keepMs: 60_000, keepTokens: 2 * SEGMENT_TOKENS };

  function age(segment: string | undefined, ms: number): void {
    const at = (NOW_MS - ms) / 1000;
    utimesSync(join(`${file}.tokens`, segment ?? ''), at, at);
  }

  test('drops the oldest file once it is old, and never the newest', async () => {
    const outbox = await Outbox.open(file, RETENTION);
    await fill(outbox, 1, 1);
    const [oldest, newest] = segmentFiles();
    age(oldest, RETENTION.keepMs);
    age(newest, RETENTION.keepMs);
    await addConfirmed(outbox, SEGMENT_TOKENS);
    expect(segmentFiles()).toContain(oldest);
    await addConfirmed(outbox, 1);
    expect(segmentFiles()).not.toContain(oldest);
    expect(segmentFiles()).toContain(newest);
    await outbox.close();
  });

  test('drops the oldest file once enough newer tokens are kept', async () => {
    const outbox = await Outbox.open(file, RETENTION);
    await fill(outbox, 3, 1);
    expect(await held(1, 1)).toEqual([]);
    expect(await held(SEGMENT_TOKENS + 1, SEGMENT_TOKENS + 1)).toEqual([SEGMENT_TOKENS + 1]);
    await outbox.close();
  });

  test('by default tokens are kept as long as the stream keeps messages', () => {
    const { name, max_age: streamNs } = feedStreamConfig({ replicas: 1 });
    expect(name).toBe(FEED_STREAM);
    expect(DEFAULT_RETENTION.keepMs).toBeGreaterThanOrEqual(Number(streamNs) / 1_000_000);
  });
});
