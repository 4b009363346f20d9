import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import { FeedService } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { HoldService } from '../../src/gen/holdfast/v1/hold_service_pb.js';
import { PolicyService } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { startService } from '../../src/service.js';
import {
  configFor,
  details,
  startTestService,
  stopServices,
  type TestService,
  temporaryFolder,
} from './harness.js';
import { callEmpty, checkHealth } from './raw-call.js';
import { reset, usual } from './requests.js';

afterEach(stopServices);

/** The code with which a start fails. */
async function refusal(start: Promise<unknown>): Promise<unknown> {
  try {
    await start;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  throw new Error('the service was expected not to start');
}

function eventsOf(service: TestService): readonly unknown[] {
  return service.logLines.map((line) => JSON.parse(line).event);
}

/** Replaces a file in one step, as editors and deployments do. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

describe('a start', () => {
  test('with wrong settings is refused with all problems in one message', () => {
    const read = readConfig({
      HOLDFAST_AUDIT: 'perhaps',
      HOLDFAST_GRPC_ADDRESS: 'nowhere',
      HOLDFAST_CACH_BYTES: '1',
    });
    expect(read.kind).toBe('invalid');
    const problems = read.kind === 'invalid' ? read.problems.join('\n') : '';
    for (const name of ['HOLDFAST_AUDIT', 'HOLDFAST_GRPC_ADDRESS', 'HOLDFAST_CACH_BYTES']) {
      expect(problems).toContain(name);
    }
  });

  test('on a folder that another service uses is refused with STORE_IN_USE; that one is not disturbed', async () => {
    const first = await startTestService();
    expect(await refusal(startTestService({ folder: first.folder }))).toBe('STORE_IN_USE');
    await first.report(reset());
    expect((await first.assess(usual('w-1'))).score).toBe(30);
  });

  test('with a wrong policy is refused, and leaves the folder free for the next try', async () => {
    const folder = temporaryFolder();
    const policyFile = join(folder, 'policy.yaml');
    const good = readFileSync(policyFile, 'utf8');
    writeFileSync(policyFile, good.replace('points: 30', 'points: thirty'));
    expect(await refusal(startTestService({ folder }))).toBe('POLICY_INVALID');
    writeFileSync(policyFile, good);
    const running = await startTestService({ folder });
    expect((await running.assess(usual('w-1'))).policyRevision?.number).toBe(1);
  });

  test('on an address that is taken is refused, and leaves the folder free for the next try', async () => {
    const folder = temporaryFolder();
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    for (const variable of ['HOLDFAST_OPS_ADDRESS', 'HOLDFAST_GRPC_ADDRESS']) {
      const config = configFor(folder, { [variable]: `127.0.0.1:${port}`, HOLDFAST_LOG_LEVEL: 'silent' });
      await expect(startService(config)).rejects.toThrow();
    }
    await new Promise((resolve) => taken.close(resolve));
    const running = await startTestService({ folder });
    expect((await running.assess(usual('w-1'))).assessmentId).not.toBe('');
  });

  test('without its keys is refused when there is evidence under them', async () => {
    const running = await startTestService();
    await running.report(reset());
    await running.stop();
    rmSync(join(running.folder, 'data', 'keys.json'));
    expect(await refusal(startTestService({ folder: running.folder }))).toBe('KEY_FILE_MISSING');
  });

  test('makes keys that only their owner may read, and says that they belong elsewhere', async () => {
    const running = await startTestService();
    expect(eventsOf(running)).toContain('keys_made');
    const again = await running.restart();
    expect(eventsOf(again)).not.toContain('keys_made');
  });
});

describe('a stop', () => {
  test('is one, however often it is asked for, and nothing can be asked afterwards', async () => {
    const running = await startTestService();
    const address = running.service.grpcAddress;
    await Promise.all([running.service.stop('one'), running.service.stop('two')]);
    expect(eventsOf(running).filter((event) => event === 'service_stopped')).toHaveLength(1);
    await expect(checkHealth(address)).rejects.toMatchObject({ code: GrpcStatus.UNAVAILABLE });
  });
});

describe('the policy file', () => {
  test('a valid change decides as a new revision; the old answers keep theirs', async () => {
    const running = await startTestService();
    await running.report(reset());
    const before = await running.assess(usual('w-1'));
    const text = readFileSync(running.policyFile, 'utf8');
    replace(running.policyFile, text.replace('points: 30', 'points: 33'));
    await expect
      .poll(async () => (await running.assess(usual('w-1', { dryRun: true }))).policyRevision?.number)
      .toBe(2);
    const after = await running.assess(usual('w-1'));
    expect([before.score, after.score]).toEqual([30, 33]);
    expect(after.policyRevision?.hash).not.toBe(before.policyRevision?.hash);
    const recorded = await running.client.call(RiskService.method.getAssessment, {
      assessmentId: before.assessmentId,
    });
    expect(recorded.assessment?.response?.policyRevision).toEqual(before.policyRevision);

    const again = await running.restart();
    expect((await again.assess(usual('w-2'))).policyRevision).toEqual(after.policyRevision);
  });

  test('a bad change is refused with its places, and the last good one stays', async () => {
    const running = await startTestService();
    const text = readFileSync(running.policyFile, 'utf8');
    replace(running.policyFile, text.replace('points: 30', 'points: many'));
    await expect.poll(() => eventsOf(running)).toContain('policy_refused');
    const answer = await running.assess(usual('w-1', { signals: [reset()] }));
    expect([answer.policyRevision?.number, answer.score]).toEqual([1, 30]);
    const line = text.split('\n').findIndex((candidate) => candidate.includes('points: 30')) + 1;
    const refused = running.logLines
      .map((entry) => JSON.parse(entry))
      .find(({ event }) => event === 'policy_refused');
    expect(refused.places).toEqual([expect.stringMatching(new RegExp(`^${line}:`))]);
    expect((await running.ops('/metrics')).text).toContain(
      'holdfast_policy_reloads_total{result="refused"} 1',
    );
  });
});

test('every method of the contract answers, or says UNIMPLEMENTED with its name; none fails by our own fault', async () => {
  const running = await startTestService();
  const unary = [RiskService, HoldService, PolicyService, FeedService]
    .flatMap((service) => service.methods)
    .filter((method) => method.methodKind === 'unary');
  for (const method of unary) {
    const outcome = await callEmpty(running.service.grpcAddress, method).catch(
      (error: ServiceError) => error,
    );
    if (Buffer.isBuffer(outcome)) continue;
    expect([GrpcStatus.UNKNOWN, GrpcStatus.INTERNAL, GrpcStatus.UNAVAILABLE]).not.toContain(outcome.code);
    expect(details(outcome).info?.reason).not.toBe('');
    if (outcome.code !== GrpcStatus.UNIMPLEMENTED) continue;
    expect(details(outcome).info).toMatchObject({
      reason: 'NOT_YET_AVAILABLE',
      metadata: { method: `${method.parent.typeName}.${method.name}` },
    });
  }
  expect(eventsOf(running)).not.toContain('call_failed');
});
