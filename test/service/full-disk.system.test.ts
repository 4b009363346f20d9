import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { failure, stopServices, temporaryFolder } from '../integration/harness.js';
import { PatientClient } from '../integration/patient-client.js';
import { compileChild } from '../store/child-program.js';

/** Files may grow to this many blocks of 512 bytes: writes beyond it fail like on a full disk, in native code. */
const MAX_BLOCKS = 4_000;

const program = compileChild('src/main.ts', ['src']);

afterEach(stopServices);

test('a full disk: callers hear of it, and the output holds our own lines only, no stack of a library', async () => {
  const folder = temporaryFolder();
  const command = `ulimit -f ${MAX_BLOCKS}; exec "$0" "$1" serve`;
  const child = spawn('sh', ['-c', command, process.execPath, program.path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
      HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
      HOLDFAST_DATA_DIR: join(folder, 'data'),
      HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
    },
  });
  const ended = once(child, 'close');
  const events: Readonly<Record<string, unknown>>[] = [];
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  const address = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event: Record<string, unknown> = JSON.parse(line);
      events.push(event);
      if (event['event'] === 'service_started') resolve(String(event['grpcAddress']));
    });
  });
  const client = new PatientClient(await address);
  const report = (round: number) =>
    client.call(RiskService.method.reportSignals, {
      signals: Array.from({ length: 500 }, (_, index) => ({
        signalId: `${round}-${index}-${'x'.repeat(100)}`,
        accountId: `account-${round}-${index}`,
        type: SignalType.PASSWORD_RESET,
        occurredAt: { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 },
      })),
    });
  let refusal: Awaited<ReturnType<typeof failure>> | undefined;
  for (let round = 0; refusal === undefined && round < 200; round++) {
    refusal = await report(round).then(
      () => undefined,
      (error: Error) => failure(Promise.reject(error)),
    );
  }
  client.close();
  child.kill('SIGTERM');
  await ended;
  expect(refusal?.message).toContain('recorded');
  expect(events.find(({ event }) => event === 'audit_failed')).toMatchObject({ reason: 'LIMIT_REACHED' });
  expect(complaints.join('')).toBe('');
});
