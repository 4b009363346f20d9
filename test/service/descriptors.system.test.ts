import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { GrpcClient } from '../../src/cli/grpc-client.js';
import { RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { compileChild } from '../store/child-program.js';

const program = compileChild('src/main.ts', ['src']);
const ended: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
  await stopServices();
});

/** A service that may have so many files open. */
async function startWith(descriptors: number) {
  const folder = temporaryFolder();
  const child = spawn(
    'sh',
    ['-c', `ulimit -n ${descriptors}; exec "$0" "$1" serve`, process.execPath, program.path],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
        HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
        HOLDFAST_LOG_LEVEL: 'debug',
        HOLDFAST_DATA_DIR: join(folder, 'data'),
        HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
      },
    },
  );
  const closed = once(child, 'close');
  ended.push(() => {
    child.kill('SIGTERM');
    return closed;
  });
  const events = new Map<string, Readonly<Record<string, unknown>>>();
  let complaints = '';
  child.stderr.on('data', (bytes) => {
    complaints += String(bytes);
  });
  const ready = new Promise<Readonly<Record<string, unknown>> | undefined>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event: Record<string, unknown> = JSON.parse(line);
      events.set(String(event['event']), event);
      if (event['event'] === 'service_started') resolve(event);
    });
    void closed.then(() => resolve(undefined));
  });
  const started = await ready;
  return { started, events, complaints: () => complaints };
}

async function readiness(opsAddress: string): Promise<number> {
  return (await fetch(`http://${opsAddress}/readyz`)).status;
}

test.each([64, 128, 1_024])(
  'with %i descriptors it says how many it needs, and refuses connections instead of hanging',
  async (descriptors) => {
    const { started, events } = await startWith(descriptors);
    const facts = events.get('descriptors');
    expect(facts).toMatchObject({
      limit: descriptors,
      level: descriptors < Number(facts?.['needed']) ? 'warn' : 'debug',
    });
    const most = Number(facts?.['connections']);
    const grpcAddress = String(started?.['grpcAddress']);
    const opsAddress = String(started?.['opsAddress']);
    const client = new GrpcClient(grpcAddress);
    const report = (signalId: string) =>
      client.call(RiskService.method.reportSignals, {
        signals: [
          {
            signalId,
            accountId: 'a',
            type: SignalType.NEW_DEVICE,
            occurredAt: { seconds: BigInt(Math.floor(Date.now() / 1_000)), nanos: 0 },
          },
        ],
      });
    await report('before');
    const sockets: Socket[] = [];
    let refused = 0;
    // More than the process could have open at all.
    for (let n = 0; n < descriptors + 20; n++) {
      const socket = connect(Number(grpcAddress.split(':')[1]), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.once('close', () => {
        refused += 1;
      });
      sockets.push(socket);
      await once(socket, 'connect');
    }
    await expect.poll(() => refused).toBe(sockets.length - (most - 1));
    expect(await readiness(opsAddress)).toBe(503);
    // Who was there is served, and its record still reaches the disk.
    expect((await report('beside')).accepted).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => readiness(opsAddress)).toBe(200);
    client.close();
  },
);

test('with too few to start it says so', async () => {
  const { started, complaints } = await startWith(40);
  expect(started).toBeUndefined();
  expect(complaints()).toContain('(DESCRIPTORS_TOO_FEW)');
});
