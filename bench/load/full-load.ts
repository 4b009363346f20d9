import { spawnSync } from 'node:child_process';
import { loadWithH2load } from './h2load.js';
import { loadFromNode } from './node-load.js';

/** What one slot of full load came to, over all its processes. */
export interface LoadCount {
  /** Streams that ended with a status, whichever. */
  readonly succeeded: number;
  readonly failed: number;
  /** Bytes of messages, with their frames. */
  readonly dataBytes: number;
  readonly seconds: number;
}

export interface FullLoad {
  /** host:port */
  readonly address: string;
  readonly path: string;
  /** Files with one framed request each; one process a file. */
  readonly frameFiles: readonly string[];
  /** Over all processes. */
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly seconds: number;
}

let known: boolean | undefined;

/** Whether `h2load` (Debian: `nghttp2-client`) is there. Says so once when it is not. */
function hasH2load(): boolean {
  if (known === undefined) {
    known = spawnSync('h2load', ['--version']).status === 0;
    if (!known) {
      process.stderr.write('  h2load is not installed (Debian: nghttp2-client): the load comes from Node\n');
    }
  }
  return known;
}

/** Where the load came from, for the readers of a result. */
export function loaderNote(): string {
  return hasH2load()
    ? 'The load came from h2load.'
    : 'The load came from Node, for want of h2load: it presses less hard.';
}

/**
 * Loads a server as fast as it answers (closed loop).
 *
 * @throws Error when a load process ended badly
 */
export async function loadFully(load: FullLoad): Promise<LoadCount> {
  const each = Math.max(1, Math.floor(load.connections / load.frameFiles.length));
  const loadOne = hasH2load() ? loadWithH2load : loadFromNode;
  const counts = await Promise.all(load.frameFiles.map((file) => loadOne(load, file, each)));
  let succeeded = 0;
  let failed = 0;
  let dataBytes = 0;
  for (const count of counts) {
    succeeded += count.succeeded;
    failed += count.failed;
    dataBytes += count.dataBytes;
  }
  return { succeeded, failed, dataBytes, seconds: load.seconds };
}
