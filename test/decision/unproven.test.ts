import { expect, test } from 'vitest';
import type { UseRecord } from '../../src/decision/evidence.js';
import type { AssessmentInput, RequestFacts } from '../../src/decision/input.js';
import type { Match } from '../../src/decision/match.js';
import { isActive } from '../../src/decision/match.js';
import { type UnprovenCondition, unprovenMatches } from '../../src/decision/unproven.js';
import { evidenceBounds } from '../../src/evidence/index.js';
import { USES_KEPT_MS } from '../../src/policy/compile/compile-conditions.js';
import { DAY, HOUR, inputOf, MINUTE, NOW, requestOf } from './fixtures.js';

const DEVICE: UnprovenCondition = { kind: 'unproven', what: 'device', below: 60 * DAY, usedBelow: 30 * DAY };

function asked(request: Partial<RequestFacts>, uses: readonly UseRecord[] = []): AssessmentInput {
  const input = inputOf({ request: requestOf(request) });
  return { ...input, ledger: { ...input.ledger, uses } };
}

function usedAt(tag: string, ago: number): UseRecord {
  return { tag, first: Math.floor((NOW - ago) / MINUTE), last: Math.floor(NOW / DAY) };
}

function active(condition: UnprovenCondition, input: AssessmentInput): readonly Match[] {
  return unprovenMatches(condition, input).filter((match) => isActive(match, NOW));
}

test.each([
  [59 * DAY, undefined, true],
  [60 * DAY, undefined, false],
  [59 * DAY, 29 * DAY, true],
  [59 * DAY, 31 * DAY, false],
])('a device of %d ms, first used %s ago: unproven %s', (age, used, unproven) => {
  const uses = used === undefined ? [] : [usedAt('ddevice-1', used)];
  const matches = active(DEVICE, asked({ deviceFirstSeenAt: NOW - age }, uses));
  expect(matches.map(({ at }) => at)).toEqual(unproven ? [NOW - age] : []);
});

test('without `usedBelow` one use is enough, however lately', () => {
  const { usedBelow: _, ...once } = DEVICE;
  const input = asked({ deviceFirstSeenAt: NOW - DAY }, [usedAt('ddevice-1', HOUR)]);
  expect(active(once, input)).toEqual([]);
  expect(active(once, asked({ deviceFirstSeenAt: NOW - DAY }, [usedAt('dother', HOUR)]))).toHaveLength(1);
});

test('what came with the account is as old as it', () => {
  const opened = NOW - 20 * DAY;
  expect(active(DEVICE, asked({ accountOpenedAt: opened, deviceFirstSeenAt: opened + DAY }))).toEqual([]);
  const later = asked({ accountOpenedAt: opened, deviceFirstSeenAt: opened + DAY + 1 });
  expect(active(DEVICE, later)).toHaveLength(1);
});

test('a factor counts beside an older one that is not e-mail', () => {
  const condition: UnprovenCondition = { ...DEVICE, what: 'factor' };
  const young = { channel: 'PASSKEY' as const, enrolledAt: NOW - 15 * DAY };
  const old = { channel: 'TOTP' as const, enrolledAt: NOW - 300 * DAY };
  const mail = { channel: 'EMAIL' as const, enrolledAt: NOW - 300 * DAY };
  expect(active(condition, asked({ factors: [young, old] })).map(({ at }) => at)).toEqual([young.enrolledAt]);
  expect(active(condition, asked({ factors: [young, mail] }))).toEqual([]);
  const uses = [usedAt(`fPASSKEY${young.enrolledAt.toString(36)}`, 40 * DAY)];
  expect(active(condition, asked({ factors: [young, old] }, uses))).toEqual([]);
});

test('uses are remembered as long as policies may ask for', () => {
  expect(USES_KEPT_MS).toBe(evidenceBounds.USE_RETENTION_MS);
});
