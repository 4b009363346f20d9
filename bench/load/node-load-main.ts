/**
 * A child that loads a server as fast as it answers (closed loop), for machines without `h2load`. Its argument is a
 * {@link NodeLoad} as JSON; it prints a {@link LoadCount} as JSON.
 */
import { readFileSync } from 'node:fs';
import type { LoadCount } from './full-load.js';
import type { NodeLoad } from './node-load.js';
import { UnaryClient } from './unary-client.js';

const [argument = '{}'] = process.argv.slice(2);
const load: NodeLoad = JSON.parse(argument);
const frame = readFileSync(load.frameFile);
const client = await UnaryClient.open(load.address, load.path, load.connections);
const endsAt = performance.now() + load.seconds * 1_000;
let succeeded = 0;
let failed = 0;
let dataBytes = 0;

function keepAsking(onOver: () => void): void {
  if (performance.now() >= endsAt) {
    onOver();
    return;
  }
  client.send(frame, (end) => {
    // A status of gRPC is an HTTP success, as `h2load` counts them; only a stream without one has failed.
    if (end.grpcStatus === -1) failed += 1;
    else succeeded += 1;
    dataBytes += end.body.length;
    keepAsking(onOver);
  });
}

const streams = load.connections * load.streamsPerConnection;
await Promise.all(Array.from({ length: streams }, () => new Promise<void>((over) => keepAsking(over))));
await client.close();
const count: LoadCount = { succeeded, failed, dataBytes, seconds: load.seconds };
process.stdout.write(JSON.stringify(count));
