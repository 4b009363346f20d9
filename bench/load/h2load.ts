import { runChild } from './child-process.js';

/** What one slot of full load came to, over all its processes. */
export interface LoadCount {
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

/**
 * Loads a server as fast as it answers (closed loop) with `h2load`, which costs far less CPU than a client in Node.
 *
 * @throws Error when `h2load` is missing or an answer was no HTTP success
 */
export async function loadFully(load: FullLoad): Promise<LoadCount> {
  const each = Math.max(1, Math.floor(load.connections / load.frameFiles.length));
  const outputs = await Promise.all(
    load.frameFiles.map((file) => runChild('h2load', argsOf(load, file, each))),
  );
  let succeeded = 0;
  let failed = 0;
  let dataBytes = 0;
  for (const output of outputs) {
    const requests = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(output);
    const traffic = /traffic: .*\((\d+)\) data/.exec(output);
    if (requests === null || traffic === null)
      throw new Error(`h2load said something unexpected:\n${output}`);
    succeeded += Number(requests[1]);
    failed += Number(requests[2]) + Number(requests[3]);
    dataBytes += Number(traffic[1]);
  }
  return { succeeded, failed, dataBytes, seconds: load.seconds };
}

function argsOf(load: FullLoad, frameFile: string, connections: number): readonly string[] {
  return [
    `-c${connections}`,
    `-m${load.streamsPerConnection}`,
    `-D${load.seconds}`,
    `-d${frameFile}`,
    '-Hcontent-type: application/grpc+proto',
    '-Hte: trailers',
    `http://${load.address}${load.path}`,
  ];
}
