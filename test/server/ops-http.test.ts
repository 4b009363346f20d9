import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ComponentStatus, OpsHttp } from '../../src/server/ops-http.js';

let components: Record<string, ComponentStatus>;
let metricsText: () => Promise<string>;
let ops: OpsHttp;
let base: string;

beforeEach(async () => {
  components = { policy: { ready: true }, audit: { ready: true } };
  metricsText = async () => '# HELP x y\n';
  ops = new OpsHttp({
    metricsText: () => metricsText(),
    metricsContentType: 'text/plain; version=0.0.4; charset=utf-8',
    components: () => components,
  });
  base = `http://127.0.0.1:${await ops.start('127.0.0.1', 0)}`;
});

afterEach(() => ops.stop());

describe('the operators port', () => {
  test('/metrics', async () => {
    const response = await fetch(`${base}/metrics?x=1`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(await response.text()).toBe('# HELP x y\n');
  });

  test('/healthz says that the process lives, ready or not', async () => {
    components = { policy: { ready: false } };
    const response = await fetch(`${base}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'alive' });
  });

  test('/readyz is ready when all parts are', async () => {
    const response = await fetch(`${base}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ready', components });
  });

  test('/readyz names the part that is not', async () => {
    components = { policy: { ready: true }, audit: { ready: false, detail: 'last flush failed' } };
    const response = await fetch(`${base}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: 'not ready', components });
  });

  test('anything else is not found', async () => {
    for (const path of ['/', '/metrics/', '/../etc/passwd', '/debug']) {
      expect((await fetch(`${base}${path}`)).status).toBe(404);
    }
  });

  test('nothing can be written', async () => {
    const response = await fetch(`${base}/metrics`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test('metrics that fail are a failed request, nothing more', async () => {
    metricsText = () => Promise.reject(new Error('secret'));
    const response = await fetch(`${base}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });

  test('headers beyond 8 KiB are refused', async () => {
    const response = await fetch(`${base}/healthz`, { headers: { 'x-note': 'x'.repeat(10_000) } });
    expect(response.status).toBe(431);
  });

  test('a connection that says nothing does not hold up the stop', async () => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    await ops.stop();
    await closed;
  });

  test('a port that is taken is an error', async () => {
    const second = new OpsHttp({
      metricsText,
      metricsContentType: 'text/plain',
      components: () => components,
    });
    await expect(second.start('127.0.0.1', Number(new URL(base).port))).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
