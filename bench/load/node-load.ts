import { fileURLToPath } from 'node:url';
import { runChild } from './child-process.js';
import type { FullLoad, LoadCount } from './full-load.js';

/** What one child asks. */
export interface NodeLoad {
  /** host:port */
  readonly address: string;
  readonly path: string;
  readonly frameFile: string;
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly seconds: number;
}

/**
 * Loads a server from one child in Node: it costs more CPU than `h2load`, so it presses less hard, on all sides alike.
 */
export async function loadFromNode(
  load: FullLoad,
  frameFile: string,
  connections: number,
): Promise<LoadCount> {
  const { address, path, streamsPerConnection, seconds } = load;
  const script = fileURLToPath(new URL('./node-load-main.js', import.meta.url));
  const asked: NodeLoad = { address, path, frameFile, connections, streamsPerConnection, seconds };
  return JSON.parse(await runChild(process.execPath, [script, JSON.stringify(asked)]));
}
