import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { liftGovernor, showGovernors } from '../../src/cli/feed-governor.js';
import { feedStatus } from '../../src/cli/feed-status.js';
import { run } from '../../src/cli/program.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { askOf, nameMailboxOf, startGoverned } from '../integration/governor-world.js';
import { stopServices, type TestService } from '../integration/harness.js';

let running: TestService;

beforeAll(async () => {
  running = await startGoverned();
  for (const customer of [1, 2, 3]) {
    await nameMailboxOf(running, customer);
    await askOf(running, customer);
  }
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(stopServices);

type Command = (env: Readonly<Record<string, string | undefined>>, terminal: Terminal) => Promise<number>;

async function ran(command: Command): Promise<{ readonly code: number; readonly out: string }> {
  const out: string[] = [];
  const terminal: Terminal = {
    out: (text) => out.push(text),
    err: () => undefined,
    colour: false,
    interactive: false,
  };
  const code = await command({ HOLDFAST_GRPC_ADDRESS: running.service.grpcAddress }, terminal);
  return { code, out: out.join('\n') };
}

describe('on the command line, a governor that has tripped', () => {
  test('shows in feed status, which then fails', async () => {
    const all = await ran((env, terminal) => feedStatus(undefined, {}, env, terminal));
    expect(all.code).toBe(1);
    expect(all.out).toContain('TRIPPED since 2026-01-15T12:00:00Z');
    const one = await ran((env, terminal) => feedStatus('att', {}, env, terminal));
    expect(one.out).toMatch(/^state +STALE$/m);
    expect(one.out).toMatch(/^unnamed mailboxes +0 of 1000000$/m);
    expect(one.out).toMatch(/^at most +REJECT, confidence 1$/m);
    expect(one.out).toContain('2 of 2 in 24 h');
    const asJson = await ran((env, terminal) => feedStatus('att', { json: true }, env, terminal));
    expect(JSON.parse(asJson.out)).toMatchObject([
      { provider: 'att', governors: [{ usedAccounts: '2', usedValue: '10000.00', tripped: true }] },
    ]);
  });

  test('shows with its limits, and holds again once it is lifted', async () => {
    const before = await ran((env, terminal) => showGovernors('att', {}, env, terminal));
    expect(before.code).toBe(1);
    expect(before.out).toContain('2 of 2 in 24 h');
    const options = { reason: 'looked at it', actor: 'olga' };
    const lifted = await ran((env, terminal) => liftGovernor('att', options, env, terminal));
    expect(lifted).toMatchObject({ code: 0 });
    expect(lifted.out).toContain('2026-01-15T12:00:00Z by olga: looked at it');
    const after = await ran((env, terminal) => showGovernors(undefined, { json: true }, env, terminal));
    expect(after.code).toBe(0);
    expect(JSON.parse(after.out)).toMatchObject([{ provider: 'att', liftedBy: 'olga', maxAccounts: '2' }]);
    await expect(ran((env, terminal) => liftGovernor('att', options, env, terminal))).rejects.toThrow(
      'this governor has not tripped',
    );
  });

  test('is asked for and lifted by commands', async () => {
    vi.stubEnv('HOLDFAST_GRPC_ADDRESS', running.service.grpcAddress);
    const out: string[] = [];
    const terminal = { out: (text: string) => out.push(text), err: (text: string) => out.push(text) };
    const command = (...args: readonly string[]) =>
      run(args, { ...terminal, colour: false, interactive: false });
    expect(await command('feed', 'governor', 'show', 'att', '--json')).toBe(0);
    expect(JSON.parse(out.join(''))).toMatchObject([{ provider: 'att' }]);
    expect(await command('feed', 'governor', 'lift', 'att')).toBe(2);
    expect(out.join('\n')).toContain('--reason <why>');
    expect(await command('feed', 'governor', 'lift', 'att', '--reason', 'x')).toBe(1);
    expect(out.at(-1)).toContain('FAILED_PRECONDITION: this governor has not tripped');
    expect(await command('feed', 'governor', 'show', 'nobody')).toBe(1);
    expect(out.at(-1)).toContain('NOT_FOUND: no such feed');
  });
});
