import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { CHANNEL_OPTIONS } from '../../src/server/limits.js';

const METHOD = {
  path: '/t.S/Stream',
  requestStream: false,
  responseStream: true,
  originalName: 'stream',
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
};

/** Some millions of assessments. */
const LONGEST_SIMULATION_MS = 3_600_000;

test('a stream outlives the age of its connection; the next call takes another', async () => {
  const ages: string[] = [];
  // A connection is old at once; everything else as the service has it.
  const server = new Server({ ...CHANNEL_OPTIONS, 'grpc.max_connection_age_ms': 50 });
  server.addService(
    { stream: METHOD },
    {
      stream: (call: {
        getPeer(): string;
        write(bytes: Buffer): void;
        end(): void;
        on(e: string, f: () => void): void;
      }) => {
        ages.push(call.getPeer());
        call.write(Buffer.from('first'));
        // The second call comes over another connection, long after the age of the first.
        held.push(() => {
          call.write(Buffer.from('last'));
          call.end();
        });
      },
    },
  );
  const held: (() => void)[] = [];
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const ask = () => {
    const seen: string[] = [];
    const call = client.makeServerStreamRequest(
      METHOD.path,
      METHOD.requestSerialize,
      METHOD.responseDeserialize,
      Buffer.alloc(0),
    );
    call.on('data', (bytes: Buffer) => seen.push(bytes.toString()));
    const ended = new Promise<void>((resolve, reject) => {
      call.on('end', () => resolve());
      call.on('error', reject);
    });
    return { seen, ended };
  };
  const long = ask();
  await expect.poll(() => long.seen).toEqual(['first']);
  const later: ReturnType<typeof ask>[] = [];
  await expect
    .poll(() => {
      later.push(ask());
      return new Set(ages).size;
    })
    .toBeGreaterThan(1);
  for (const end of held) end();
  await long.ended;
  expect(long.seen).toEqual(['first', 'last']);
  await expect.poll(() => ages.length).toBe(later.length + 1);
  for (const end of held.splice(0)) end();
  client.close();
  server.forceShutdown();
  expect(CHANNEL_OPTIONS['grpc.max_connection_age_grace_ms']).toBeGreaterThanOrEqual(LONGEST_SIMULATION_MS);
});
