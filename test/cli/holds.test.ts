import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { startTestService, stopServices, type TestService } from '../integration/harness.js';
import { reset, theft, usual } from '../integration/requests.js';
import { holdfast } from './command.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
  vi.stubEnv('HOLDFAST_GRPC_ADDRESS', running.service.grpcAddress);
  await running.report(reset());
  await running.assess(theft('w-1'));
  await running.assess(theft('w-2'));
  running.clock.now += 1_000;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await stopServices();
});

describe('on the command line, holds', () => {
  test('are listed, those of an account and in a state', async () => {
    const all = await holdfast(['holds', 'list']);
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.out).toMatch(/^WITHDRAWAL +ACCOUNT +STATE +VALUE +TIER +FIRST HELD +DUE +ENDS$/m);
    expect(all.out).toMatch(/^w-1 +account-1 +OPEN +5000\.00 +\w+ +2026-01-15T12:00:00Z +\S+Z +by itself$/m);
    const few = await holdfast(['holds', 'list', '--limit', '1', '--json']);
    expect(JSON.parse(few.out)).toHaveLength(1);
    const none = await holdfast(['holds', 'list', '--state', 'released']);
    expect(none).toMatchObject({ code: 0, out: 'no such holds' });
    expect((await holdfast(['holds', 'list', '--account', 'other'])).out).toBe('no such holds');
    expect((await holdfast(['holds', 'list', '--limit', '1'])).err).toContain('there are more');
  });

  test('are shown and released by a person, and asked again the withdrawal goes', async () => {
    const shown = await holdfast(['holds', 'show', 'w-1', '--json']);
    const { assessmentId } = JSON.parse(shown.out);
    const stale = ['holds', 'release', 'w-1', '--reason', 'called him', '--assessment', 'another'];
    const refused = await holdfast(stale);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('FAILED_PRECONDITION: the withdrawal was held anew');
    const released = await holdfast([...stale.slice(0, -1), assessmentId, '--actor', 'olga']);
    expect(released.code).toBe(0);
    expect(released.out).toMatch(/^state +RELEASED$/m);
    expect(released.out).toMatch(/^ended +2026-01-15T12:00:01Z by olga: called him$/m);
    expect((await running.assess(theft('w-1'))).decision).toBe(Decision.ALLOW);
    const listed = await holdfast(['holds', 'list', '--state', 'all', '--json']);
    expect(JSON.parse(listed.out)).toHaveLength(2);
  });

  test('are confirmed as theft by a person, and asked again the withdrawal is held', async () => {
    const confirmed = await holdfast(['holds', 'confirm', 'w-2', '--reason', 'he did not ask for it']);
    expect(confirmed.code).toBe(0);
    expect(confirmed.out).toMatch(/^state +FRAUD_CONFIRMED$/m);
    expect((await running.assess(usual('w-2'))).decision).toBe(Decision.HOLD);
    const release = await holdfast(['holds', 'release', 'w-2', '--reason', 'x']);
    expect(release).toMatchObject({ code: 1 });
    expect(release.err).toContain('FAILED_PRECONDITION: the hold is not open');
  });

  test('that are not there, and calls that lack a reason or name no state, end as other commands do', async () => {
    expect(await holdfast(['holds', 'show', 'nobody'])).toMatchObject({
      code: 1,
      err: 'NOT_FOUND: no such hold',
    });
    expect(await holdfast(['holds', 'release', 'w-1'])).toMatchObject({ code: 2 });
    expect(await holdfast(['holds', 'list', '--state', 'closed'])).toMatchObject({ code: 2 });
    const help = await holdfast(['holds', 'release', '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('Exit codes: 0 released');
  });
});
