import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { csvText } from '../../src/cli/csv.js';
import { startTestService, stopServices, type TestService } from '../integration/harness.js';
import { reset, theft, usual } from '../integration/requests.js';
import { holdfast } from './command.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
  vi.stubEnv('HOLDFAST_GRPC_ADDRESS', running.service.grpcAddress);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await stopServices();
});

test.each([
  ['=1+2', "'=1+2"],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ['+1', "'+1"],
  ['-2+3', "'-2+3"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\uff1d1', "'\uff1d1"],
  ['-5.5', '-5.5'],
  ['1,234.5', '1234.5'],
  ['-', ''],
  ['a,b', '"a,b"'],
  ['a\nb', '"a\nb"'],
  ['say "x"', '"say ""x"""'],
])('the cell %j is written as %j', (cell, expected) => {
  expect(csvText(['title'], [[cell]])).toBe(`title\n${expected}`);
});

test('assessments of a running service are listed, for people, for programs and for spreadsheets', async () => {
  await running.assess(usual('=cmd()'));
  await running.report(reset());
  await running.assess(theft('w-2'));
  const list = (...options: readonly string[]) => holdfast(['assessment', 'list', ...options]);
  const shown = await list();
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toMatch(/^ASSESSED +DECISION +SCORE +WITHDRAWAL +ACCOUNT +ASSESSMENT$/m);
  expect(shown.out).toMatch(/^2026-01-15T12:00:00Z +HOLD +\d+\.\d +w-2 +account-1 +\S+$/m);
  const csv = await list('--csv');
  expect(csv).toMatchObject({ code: 0, err: '' });
  expect(csv.out.split('\n')[0]).toBe('ASSESSED,DECISION,SCORE,WITHDRAWAL,ACCOUNT,ASSESSMENT');
  expect(csv.out).toMatch(/^2026-01-15T12:00:00Z,ALLOW,\d+\.\d,'=cmd\(\),account-1,\S+$/m);
  const ids = async (...options: readonly string[]): Promise<readonly string[]> =>
    JSON.parse((await list('--json', ...options)).out).map(
      (one: { withdrawalId: string }) => one.withdrawalId,
    );
  expect(await ids()).toEqual(['w-2', '=cmd()']);
  expect(await ids('--decision', 'hold', '--min-score', '50')).toEqual(['w-2']);
  expect(await ids('--max-score', '40')).toEqual(['=cmd()']);
  expect(await ids('--withdrawal', 'w-2', '--account', 'account-1')).toEqual(['w-2']);
  expect(await ids('--outcome', 'SENT')).toEqual([]);
  expect((await list('--limit', '1')).err).toContain('there are more: see --limit');
  expect((await list('--outcome', 'lost')).err).toContain('--outcome: must be one of');
  expect(await list('--account', 'nobody')).toMatchObject({ code: 0, out: 'no such assessments' });
});

test('other tables are CSV as well, all other words are messages, and both forms at once are refused', async () => {
  await running.report(reset());
  await running.assess(theft('w-1'));
  const holds = await holdfast(['holds', 'list', '--csv']);
  expect(holds.out).toMatch(
    /^WITHDRAWAL,ACCOUNT,STATE,VALUE,TIER,FIRST HELD,DUE,ENDS\nw-1,account-1,OPEN,5000\.00,/,
  );
  const none = await holdfast(['holds', 'list', '--csv', '--account', 'nobody']);
  expect(none).toMatchObject({ code: 0, out: holds.out.split('\n')[0] });
  const log = await holdfast(['policy', 'log', '--csv']);
  expect(log.out).toMatch(/^when,what,revision,before,who,why$/m);
  const feeds = await holdfast(['feed', 'status', '--csv']);
  expect(feeds).toMatchObject({ out: '', err: expect.stringContaining('no provider is registered') });
  expect(await holdfast(['holds', 'list', '--csv', '--json'])).toMatchObject({ code: 2, out: '' });
});
