import { runChild } from './child-process.js';
import type { FullLoad, LoadCount } from './full-load.js';

/**
 * Loads a server from one `h2load`, which costs far less CPU than a client in Node.
 *
 * @throws Error when it said something unexpected
 */
export async function loadWithH2load(
  load: FullLoad,
  frameFile: string,
  connections: number,
): Promise<LoadCount> {
  const output = await runChild('h2load', argsOf(load, frameFile, connections));
  const requests = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(output);
  const traffic = /traffic: .*\((\d+)\) data/.exec(output);
  if (requests === null || traffic === null) throw new Error(`h2load said something unexpected:\n${output}`);
  return {
    succeeded: Number(requests[1]),
    failed: Number(requests[2]) + Number(requests[3]),
    dataBytes: Number(traffic[1]),
    seconds: load.seconds,
  };
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
