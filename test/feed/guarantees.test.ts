import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { brokerReport } from '../../src/feed/guarantees.js';
import { deviationsOf, feedStreamConfig } from '../../src/feed/stream.js';
import { readSyncSetting, syncSettingIn } from '../../src/feed/sync-setting.js';

const ALWAYS = { kind: 'always' } as const;

function varz(config: object): string {
  return JSON.stringify({ jetstream: { config } });
}

describe('settings of the stream', () => {
  const wanted = feedStreamConfig({ replicas: 3 });

  test('every one is compared with the echo; more of some, or no limit, is as good', () => {
    expect(deviationsOf(wanted, wanted)).toEqual([]);
    const more = { ...wanted, num_replicas: 5, max_age: Number.MAX_SAFE_INTEGER };
    expect(deviationsOf(wanted, more)).toEqual([]);
    expect(deviationsOf(wanted, { ...wanted, max_age: 0, max_msg_size: -1 })).toEqual([]);
    const { deny_purge: _, ...without } = wanted;
    expect(deviationsOf(wanted, { ...without, num_replicas: 1, max_age: 1 })).toEqual([
      { field: 'max_age', wanted: JSON.stringify(wanted.max_age), actual: '1' },
      { field: 'num_replicas', wanted: '3', actual: '1' },
      { field: 'deny_purge', wanted: 'true', actual: 'absent' },
    ]);
  });

  test('a switch that is wanted off may be absent', () => {
    expect(deviationsOf({ no_ack: false }, {})).toEqual([]);
    expect(deviationsOf({ no_ack: false }, { no_ack: true })).toEqual([
      { field: 'no_ack', wanted: 'false', actual: 'true' },
    ]);
  });
});

describe('the report', () => {
  const stream = {
    identity: { created: 'monday', firstSequence: 1, lastSequence: 0 },
    wasCreated: false,
    replicas: 1,
    deviations: [{ field: 'storage', wanted: '"file"', actual: '"memory"' }],
  };

  test('fault 20: names each missing guarantee, one by one', () => {
    expect(brokerReport('2.9.10', stream, { kind: 'interval', intervalMs: 120_000 }).missing).toEqual([
      'nats-server 2.9.10 is older than 2.12.6: what it acknowledged may be lost',
      'sync_interval is 120 s, not always: a power loss takes what was acknowledged in it',
      'stream storage is "memory", not "file"',
    ]);
  });

  test('what is not known is not promised', () => {
    const report = brokerReport('2.15.1', { ...stream, deviations: [] }, { kind: 'unknown', cause: 'x' });
    expect(report.missing).toEqual(['sync_interval is not known to be always: x']);
    expect(brokerReport('2.15.1', { ...stream, deviations: [] }, ALWAYS).missing).toEqual([]);
  });
});

describe('what the monitoring port says', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });

  /** A monitoring port that answers this; undefined: never. */
  async function monitor(body: string | undefined, status = 200): Promise<string> {
    const server = createServer((_, response) => {
      response.statusCode = status;
      if (body !== undefined) response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const read = (...urls: string[]) => readSyncSetting(urls, new AbortController().signal);

  test.each([
    [varz({ sync_always: true, sync_interval: 1 }), ALWAYS],
    [varz({ sync_interval: 120e9 }), { kind: 'interval', intervalMs: 120_000 }],
    [varz({}), { kind: 'unknown', cause: 'this server has no such setting' }],
    ['{"jetstream":{}}', { kind: 'unknown', cause: 'JetStream is not enabled there' }],
    ['no JSON', { kind: 'unknown', cause: 'JetStream is not enabled there' }],
  ])('%s', (text, expected) => {
    expect(syncSettingIn(text)).toEqual(expected);
  });

  test('of several servers the weakest counts', async () => {
    const always = await monitor(varz({ sync_always: true }));
    const often = await monitor(varz({ sync_interval: 1e9 }));
    const seldom = await monitor(varz({ sync_interval: 120e9 }));
    expect(await read(always)).toEqual(ALWAYS);
    expect(await read(always, seldom, often)).toEqual({ kind: 'interval', intervalMs: 120_000 });
    expect(await read(often, always)).toEqual({ kind: 'interval', intervalMs: 1_000 });
    expect(await read(always, await monitor('', 503))).toEqual({
      kind: 'unknown',
      cause: 'the monitoring port answered 503',
    });
  });

  test('nobody there, or nobody who answers: not known, and no address is quoted', async () => {
    expect(await read()).toEqual({ kind: 'unknown', cause: 'HOLDFAST_NATS_MONITOR_URL is not set' });
    expect(await read('http://user:secret@127.0.0.1:1')).toMatchObject({ kind: 'unknown' });
    expect(JSON.stringify(await read('http://user:secret@127.0.0.1:1'))).not.toContain('secret');
    expect(await read(await monitor(undefined))).toMatchObject({
      kind: 'unknown',
      cause: 'the monitoring port did not answer',
    });
  });
});
