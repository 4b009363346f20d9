import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { stopServices, type TestService } from '../integration/harness.js';
import { Analyst, startApiService } from '../integration/policy-calls.js';
import { holdfast, type Ran } from './command.js';

/** A service that has recorded nothing but its first revision. */
let running: TestService;
let analyst: Analyst;
/** Only a file. */
let unknown: string;

beforeAll(async () => {
  running = await startApiService();
  analyst = new Analyst(running);
  unknown = join(running.folder, 'unknown.yaml');
  writeFileSync(unknown, analyst.textWith(20));
});

beforeEach(() => void vi.stubEnv('HOLDFAST_GRPC_ADDRESS', running.service.grpcAddress));
afterEach(() => void vi.unstubAllEnvs());
afterAll(stopServices);

function served(before: string, after: string, ...options: readonly string[]): Promise<Ran> {
  return holdfast(['policy', 'diff', before, after, '--server', ...options]);
}

describe('what cannot be done is said', () => {
  test('a file to compare with that the service does not have', async () => {
    const { code, out, err } = await served(unknown, 'live');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`BEFORE: the service has no revision with the content of ${unknown}`);
    expect(err).toContain(`push it first (holdfast policy push ${unknown}), or name \`live\``);
  });

  test.each([
    ['--data-dir', 'nowhere', 'the service replays what it recorded itself'],
    ['--before', 'live', 'BEFORE says what to compare with'],
    ['--threads', '2', 'one thread beside its answers'],
  ])('%s beside --server', async (option, value, why) => {
    const { code, err } = await served('live', unknown, option, value);
    expect(code).toBe(2);
    expect(err).toContain(`${option}: not with --server`);
    expect(err).toContain(why);
  });

  test.each([
    [
      'nowhere.yaml',
      'AFTER: cannot read nowhere.yaml: there is no such file; it must be a policy file, `live`',
    ],
    ['99', 'AFTER: the service has no revision 99: `holdfast policy log` shows'],
    ['0', 'AFTER: revisions have numbers from 1; `live` is'],
    ['99999999999', 'AFTER: revisions have numbers from 1'],
  ])('%s after', async (name, message) => {
    const { code, err } = await served('live', name);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test.each([
    ['live', 'BEFORE: cannot read live: there is no such file; with --server, `live` is'],
    ['7', 'BEFORE: cannot read 7: there is no such file; with --server, a number is'],
  ])('%s without --server', async (name, message) => {
    const { code, err } = await holdfast(['policy', 'diff', name, unknown]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('what the service finds wrong, by field', async () => {
    const range = ['--from', '2026-02-01T00:00:00Z', '--to', '2026-01-01T00:00:00Z'];
    const { code, err } = await served('live', unknown, ...range);
    expect(code).toBe(1);
    expect(err).toBe('INVALID_ARGUMENT: to: must be later than `from`');
  });

  test('a candidate with mistakes, before the service is troubled', async () => {
    const broken = join(running.folder, 'broken.yaml');
    writeFileSync(broken, analyst.text.replace('points: 30', 'points: many'));
    const { code, err } = await served('live', broken);
    expect(code).toBe(1);
    expect(err).toMatch(/broken\.yaml:\d+:\d+: /);
  });

  test('that nothing was recorded', async () => {
    const { code, out, err } = await served('live', unknown);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe('there are no assessments to replay: the service has recorded none');
  });

  test('that no service answers', async () => {
    vi.stubEnv('HOLDFAST_GRPC_ADDRESS', '127.0.0.1:1');
    const { code, err } = await served('live', unknown);
    expect(code).toBe(1);
    expect(err).toContain('no service answers at 127.0.0.1:1 (HOLDFAST_GRPC_ADDRESS)');
  });
});

describe('the revision with the content of a file', () => {
  test('the number is found however many revisions are newer', async () => {
    for (let newer = 0; newer < 501; newer++) await analyst.create({ text: `${analyst.text}# ${newer}\n` });
    expect((await analyst.list(500)).revisions.at(-1)?.ref?.number).toBe(3);
    // Found, and only then is there nothing to replay.
    const { err } = await served(running.policyFile, 'live');
    expect(err).toContain('there are no assessments to replay');
  });
});
