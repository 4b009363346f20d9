import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { runChild, startChild } from '../load/child-process.js';
import { CACHE_FOLDER, ROOT_FOLDER } from '../paths.js';
import { freePort } from './free-port.js';

const READY_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** A real broker with a store of its own, gone when it is stopped. */
export interface RunningBroker {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

/** @throws Error saying how to get a nats-server when there is none */
export async function startNatsBroker(): Promise<RunningBroker> {
  const path = (await runChild(process.execPath, [join(ROOT_FOLDER, 'scripts', 'nats-server.mjs')])).trim();
  const version = /\d+\.\d+\.\d+/.exec(await runChild(path, ['--version']))?.[0] ?? 'unknown';
  const port = await freePort();
  const folder = join(CACHE_FOLDER, `nats-${process.pid}-${port}`);
  mkdirSync(folder, { recursive: true });
  const child = startChild(path, ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder]);
  const startedAt = performance.now();
  const url = `nats://127.0.0.1:${port}`;
  while (!(await storesMessages(url))) {
    if (child.ended() || performance.now() - startedAt > READY_TIMEOUT_MS) {
      throw new Error(`nats-server did not come up:\n${child.output()}`);
    }
    await pause(LOOK_EVERY_MS);
  }
  return {
    url,
    version,
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** It accepts connections a moment before its store is there. */
async function storesMessages(url: string): Promise<boolean> {
  try {
    const connection = await connect({ servers: url, reconnect: false });
    try {
      await jetstreamManager(connection);
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
