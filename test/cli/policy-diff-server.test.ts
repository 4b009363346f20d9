import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PolicyService } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import {
  startTestService,
  stopServices,
  TestClock,
  type TestService,
  temporaryFolder,
} from '../integration/harness.js';
import { API_MODE } from '../integration/policy-calls.js';
import { holdfast, type Ran } from './command.js';

const DEFAULT_POLICY = join(import.meta.dirname, '../../policies/default.yaml');
const SYNTHETIC_NOTE = 'Synthetic data: a made-up population, not your customers.\n';

/** A service on the history of a population, with the packaged policy live. */
let running: TestService;
let data: string;
/** Pushed: revision 2. */
let candidate: string;

beforeAll(async () => {
  const folder = temporaryFolder();
  data = join(folder, 'data');
  const text = readFileSync(DEFAULT_POLICY, 'utf8');
  candidate = join(folder, 'candidate.yaml');
  writeFileSync(candidate, text.replaceAll(/^ {4}hold: \d+(?= |$)/gm, '    hold: 52'));
  const size = ['--accounts', '300', '--days', '60', '--takeovers', '30', '--start', '2026-01-01'];
  const made = await holdfast(['simulate-population', '--seed', '5', ...size, '--out', data]);
  expect(made).toMatchObject({ code: 0, err: '' });
  running = await startTestService({ folder, clock: new TestClock(Date.UTC(2026, 2, 15)), env: API_MODE });
  at();
  const pushed = await holdfast(['policy', 'push', candidate, '--actor', 'ana', '--reason', 'earlier']);
  expect(pushed.out).toContain('kept as revision 2');
});

beforeEach(at);
afterEach(() => void vi.unstubAllEnvs());
afterAll(stopServices);

function at(): void {
  vi.stubEnv('HOLDFAST_GRPC_ADDRESS', running.service.grpcAddress);
}

function served(before: string, after: string, ...options: readonly string[]): Promise<Ran> {
  return holdfast(['policy', 'diff', before, after, '--server', ...options]);
}

function local(before: string, after: string, ...options: readonly string[]): Promise<Ran> {
  return holdfast(['policy', 'diff', before, after, '--data-dir', data, ...options]);
}

/** What programs read of both, with what only one of them has taken out. */
async function bothAsJson(...options: readonly string[]) {
  const theirs = await served(DEFAULT_POLICY, candidate, '--json', ...options);
  const ours = await local(DEFAULT_POLICY, candidate, '--json', ...options);
  expect([theirs.err, ours.err]).toEqual(['', '']);
  const { differences, effect } = JSON.parse(theirs.out);
  const { seconds: _seconds, ...timeless } = effect;
  const { revision, ...before } = effect.before;
  return {
    code: theirs.code,
    revision,
    served: { differences, effect: { ...timeless, before } },
    local: ours,
  };
}

describe('a running service says what a change would have meant', () => {
  test('in the words of the local command, with the same figures', async () => {
    const theirs = await served(DEFAULT_POLICY, candidate);
    const ours = await local(DEFAULT_POLICY, candidate);
    expect(theirs).toMatchObject({ code: 1, err: '' });
    expect(theirs.out).toContain('hold threshold for large: 65 -> 52');
    expect(theirs.out).toMatch(
      /What it would have meant \(\d+ assessments, \d+\.\d days\)\n {2}about [\d.]+ more holds a day/,
    );
    expect(theirs.out).toBe(ours.out.replace(SYNTHETIC_NOTE, ''));
  });

  test('and for programs, under the same names', async () => {
    const both = await bothAsJson();
    expect(both.code).toBe(1);
    expect(both.revision).toBe(1);
    expect(JSON.parse(both.local.out)).toMatchObject(both.served);
    const { effect } = both.served;
    expect(Object.keys(effect)).toEqual([
      'replayed',
      'sample_every',
      'from',
      'to',
      'before',
      'after',
      'flips',
      'rules',
    ]);
    expect(effect.flips.length).toBeGreaterThan(0);
    expect(effect.rules.length).toBeGreaterThan(5);
    expect(effect.after.figures.value_saved).toMatch(/^\d+\.\d\d$/);
    expect(effect.flips[0].examples[0].value).toMatch(/^\d+\.\d\d$/);
  });

  test.each([
    [
      'outcomes and decisions',
      ['--only-label', 'honest', '--only-decision', 'hold', '--only-decision', 'step_up'],
    ],
    ['a range of time', ['--from', '2026-01-10T00:00:00Z', '--to', '2026-02-10T00:00:00Z']],
    ['a sample', ['--sample', '3']],
    ['tiers and operators', ['--only-tier', 'large', '--only-operator', 'att', '--only-operator', 'other']],
  ])('about %s only', async (_what, options) => {
    const both = await bothAsJson(...options);
    expect(JSON.parse(both.local.out)).toMatchObject(both.served);
    const all = await bothAsJson();
    expect(both.served.effect.replayed).toBeGreaterThan(0);
    expect(both.served.effect.replayed).toBeLessThan(all.served.effect.replayed);
  });

  test('about the accounts and providers that are named', async () => {
    const { out } = await served('live', '2', '--json');
    const [example] = JSON.parse(out).effect.flips[0].examples;
    vi.stubEnv('HOLDFAST_DATA_DIR', data);
    const shown = JSON.parse((await holdfast(['assessment', 'show', example.assessment_id, '--json'])).out);
    const { accountId } = shown.input.request;
    const both = await bothAsJson('--only-account', accountId);
    expect(JSON.parse(both.local.out)).toMatchObject(both.served);
    expect(both.served.effect.flips[0].examples).toContainEqual(example);
    const spoken = await bothAsJson('--only-provider', 'att');
    expect(JSON.parse(spoken.local.out)).toMatchObject(spoken.served);
    expect(spoken.served.effect.replayed).toBeGreaterThan(0);
  });
});

describe('BEFORE and AFTER may be what the service keeps', () => {
  test('live and a number are the same as their files', async () => {
    const named = JSON.parse((await served('live', '2', '--json')).out);
    const files = JSON.parse((await served(DEFAULT_POLICY, candidate, '--json')).out);
    expect(named.differences).toEqual(files.differences);
    expect(named.effect).toMatchObject({ before: { revision: 1 }, after: { revision: 2 } });
    expect({ ...named.effect, seconds: 0 }).toMatchObject({ ...files.effect, seconds: 0 });
  });

  test('the other way round, the figures change sides', async () => {
    const there = JSON.parse((await served('1', '2', '--json')).out).effect;
    const back = JSON.parse((await served(candidate, 'live', '--json')).out).effect;
    expect(back.before).toEqual({ ...there.after, revision: 2 });
    expect(back.after).toEqual({ ...there.before, revision: 1 });
  });

  test('the same on both sides ends with 0', async () => {
    const { code, out } = await served('live', DEFAULT_POLICY);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^the same rules\n\nWhat it would have meant .*\n {2}no decision would have been another$/,
    );
  });
});

describe('a replay without a result', () => {
  test('says that nothing is there, or that nothing passes the filter', async () => {
    const later = await served('live', '2', '--from', '2031-01-01T00:00:00Z');
    expect(later).toEqual({
      code: 1,
      out: '',
      err: 'there are no assessments to replay: the service has recorded none that --from, --to, --sample and --only-label leave',
    });
    const nobody = await served('live', '2', '--only-account', 'nobody');
    expect(nobody).toMatchObject({ code: 1, out: '' });
    expect(nobody.err).toMatch(
      /^there are no assessments to replay: none of the \d+ that the service looked at/,
    );
    expect((await local(DEFAULT_POLICY, candidate, '--only-account', 'nobody')).code).toBe(1);
  });

  test('Ctrl-C cancels, and the service is free for the next', async () => {
    const before = process.listenerCount('SIGINT');
    const drawn: string[] = [];
    const interrupted = await holdfast(['policy', 'diff', 'live', '2', '--server'], (line) => {
      if (drawn.push(line) === 1) process.emit('SIGINT');
    });
    expect(interrupted).toEqual({ code: 1, out: '', err: 'cancelled' });
    expect(drawn[0]).toMatch(/^\[[#.]{30}\] \d+ of \d+ assessments$/);
    expect(drawn.at(-1)).toBe('');
    expect(process.listenerCount('SIGINT')).toBe(before);
    await expect.poll(async () => (await served('live', '2')).out).toContain('What it would');
  });

  test('a program that stops reading ends the call', async () => {
    const request = { candidate: { case: 'number' as const, value: 2 } };
    const { signal } = new AbortController();
    let read = 0;
    for await (const _ of running.client.stream(PolicyService.method.simulatePolicy, request, signal)) {
      read++;
      break;
    }
    expect(read).toBe(1);
    await expect.poll(async () => (await served('live', '2')).out).toContain('What it would');
  });
});

describe('policy simulate --server', () => {
  test('says of what the service recorded what policy diff --server says', async () => {
    const simulated = await holdfast(['policy', 'simulate', candidate, '--server', '--json']);
    expect(simulated).toMatchObject({ code: 0, err: '' });
    const { effect } = JSON.parse((await served('live', candidate, '--json')).out);
    const { seconds: _, ...found } = JSON.parse(simulated.out);
    const { seconds: __, ...expected } = effect;
    expect(found).toEqual(expected);
    expect(found.replayed).toBeGreaterThan(100);
    const shown = await holdfast(['policy', 'simulate', '2', '--server', '--before', '1']);
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toMatch(
      /^[\d,]+ assessments of [\d.]+ days, decided again by the service in [\d.]+ s$/m,
    );
    expect(shown.out).toMatch(/^before +after +count$/m);
    const csv = await holdfast(['policy', 'simulate', '2', '--server', '--csv']);
    expect(csv.out).toMatch(/^before,after,count\n(?:[A-Z_]+,[A-Z_]+,\d+\n?)+$/);
  });

  test('refuses what only a data folder has, and says when nobody answers', async () => {
    const folder = await holdfast(['policy', 'simulate', candidate, '--server', '--data-dir', data]);
    expect(folder).toMatchObject({ code: 2, err: expect.stringContaining('--data-dir: not with --server') });
    const nobody = await holdfast(['policy', 'simulate', '77', '--server']);
    expect(nobody.err).toContain('has no revision 77');
  });
});
