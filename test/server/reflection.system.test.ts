import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { echo, frame, rawUnary, startServer, stopServers } from './harness.js';

const run = promisify(execFile);
const BUF = 'node_modules/.bin/buf';

afterEach(stopServers);

/** ServerReflectionRequest { list_services: "" }: field 7. */
const LIST_SERVICES = frame(Buffer.from([0x3a, 0]));

describe('reflection', () => {
  test.each(['v1', 'v1alpha'])('%s lists the services of the contract and health', async (version) => {
    const { session } = await startServer([echo], { reflection: true });
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const answer = await rawUnary(session(), LIST_SERVICES, {}, path);
    expect(answer.grpcStatus).toBe('0');
    const text = answer.bytes.toString('latin1');
    for (const name of ['RiskService', 'HoldService', 'PolicyService', 'FeedService']) {
      expect(text).toContain(`holdfast.v1.${name}`);
    }
    expect(text).toContain('grpc.health.v1.Health');
  });

  test.each(['Status', 'ErrorInfo', 'BadRequest', 'RetryInfo'])(
    'tells what a google.rpc.%s in an error is made of, though no method names it',
    async (name) => {
      const { session } = await startServer([echo], { reflection: true });
      const symbol = Buffer.from(`google.rpc.${name}`);
      // ServerReflectionRequest { file_containing_symbol }: field 4.
      const request = frame(Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]));
      const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
      const answer = await rawUnary(session(), request, {}, path);
      const text = answer.bytes.toString('latin1');
      expect(text).toContain(
        name === 'Status' ? 'google/rpc/status.proto' : 'google/rpc/error_details.proto',
      );
      // Of a descriptor, not of an error that repeats the name.
      expect(text).toContain('proto3');
    },
  );

  test('is off unless asked for', async () => {
    const { session } = await startServer([echo]);
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const answer = await rawUnary(session(), LIST_SERVICES, {}, path);
    expect(answer.grpcStatus).toBe(String(status.UNIMPLEMENTED));
  });

  test('buf curl can call a method with nothing but the address', async () => {
    const { port } = await startServer([echo], { reflection: true });
    const { stdout } = await run(BUF, [
      'curl',
      '--protocol',
      'grpc',
      '--http2-prior-knowledge',
      '--data',
      '{"withdrawal_id": "w-buf", "signals": [{"type": "SIGNAL_TYPE_PASSWORD_RESET"}]}',
      `http://127.0.0.1:${port}/holdfast.v1.RiskService/AssessWithdrawal`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ assessmentId: 'w-buf' });
  });

  test('buf curl lists every method, and asks for health', async () => {
    const { port } = await startServer([echo], { reflection: true });
    const url = `http://127.0.0.1:${port}`;
    const flags = ['curl', '--protocol', 'grpc', '--http2-prior-knowledge'];
    const { stdout: methods } = await run(BUF, [...flags, '--list-methods', url]);
    expect(methods).toContain('grpc.health.v1.Health/Watch');
    expect(methods).toContain('holdfast.v1.FeedService/ListFeeds');
    const { stdout: health } = await run(BUF, [...flags, `${url}/grpc.health.v1.Health/Check`]);
    expect(JSON.parse(health)).toEqual({ status: expect.stringMatching(/SERVING$/) });
  });

  test('buf curl shows the details of an error', async () => {
    const { port } = await startServer([echo], { reflection: true });
    const failed = await run(BUF, [
      'curl',
      '--protocol',
      'grpc',
      '--http2-prior-knowledge',
      `http://127.0.0.1:${port}/holdfast.v1.FeedService/ListFeeds`,
    ]).then(
      () => undefined,
      (error: { stderr: string }) => JSON.parse(error.stderr),
    );
    expect(failed).toMatchObject({ code: 'unimplemented' });
    expect(JSON.stringify(failed)).toContain('google.rpc.ErrorInfo');
  });
});
