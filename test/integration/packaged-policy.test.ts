import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { PACKAGED_POLICY_FILE } from '../../src/config.js';
import { policyHash } from '../../src/policy/index.js';
import {
  details,
  failure,
  startTestService,
  stopServices,
  type TestService,
  temporaryFolder,
} from './harness.js';
import { Analyst } from './policy-calls.js';
import { usual } from './requests.js';

afterEach(stopServices);

const OF_BEFORE = new URL('../policy/engine-1/default.yaml', import.meta.url);
const PACKAGED = { HOLDFAST_POLICY_FILE: PACKAGED_POLICY_FILE, HOLDFAST_SHADOW_CPU_PERCENT: '100' };

const hashOfBefore = policyHash(readFileSync(OF_BEFORE, 'utf8'));
const hashOfNow = policyHash(readFileSync(PACKAGED_POLICY_FILE, 'utf8'));

/** A data folder on which the packaged policy of version 1 decided. */
async function serviceOfBefore(env: Readonly<Record<string, string>> = {}): Promise<TestService> {
  const folder = temporaryFolder();
  copyFileSync(OF_BEFORE, join(folder, 'policy.yaml'));
  return startTestService({ folder, env });
}

function linesOf(service: TestService, event: string): readonly string[] {
  return service.logLines.filter((line) => line.includes(`"event":"${event}"`));
}

describe('a new packaged policy on an existing data folder', () => {
  test('runs in shadow beside the old one, and the log names the command that activates it', async () => {
    const before = await serviceOfBefore();
    const after = await before.restart({ env: PACKAGED });
    const analyst = new Analyst(after);
    expect((await analyst.get()).revision?.ref).toMatchObject({ number: 1, hash: hashOfBefore });
    expect(after.service.stores.policies.standing).toMatchObject({ active: 1, latest: 2, shadows: [2] });
    expect((await analyst.get(2)).revision?.ref?.hash).toBe(hashOfNow);
    const answer = await after.assess(usual('w-1'));
    expect(answer.policyRevision).toMatchObject({ number: 1, hash: hashOfBefore });
    expect(linesOf(after, 'packaged_policy_waits')).toEqual([
      expect.stringContaining('holdfast policy activate 2 --reason'),
    ]);
    const { summary } = await analyst.stopShadow(2);
    expect(summary).toMatchObject({ comparedCount: 1n, droppedCount: 0n });
  });

  test('decides once a person activates it, and after each later start', async () => {
    const before = await serviceOfBefore();
    const after = await before.restart({ env: PACKAGED });
    const analyst = new Analyst(after);
    await analyst.activate(2);
    expect((await after.assess(usual('w-1'))).policyRevision?.number).toBe(2);
    const again = await after.restart({ env: PACKAGED });
    expect((await again.assess(usual('w-1'))).policyRevision?.number).toBe(2);
    expect(again.service.stores.policies.standing).toMatchObject({ active: 2, latest: 2, shadows: [] });
    expect(linesOf(again, 'packaged_policy_waits')).toEqual([]);
  });

  test('is kept once, and its shadow is not started again when a person ended it or rolled back', async () => {
    const before = await serviceOfBefore();
    const after = await before.restart({ env: PACKAGED });
    await new Analyst(after).stopShadow(2);
    const again = await after.restart({ env: PACKAGED });
    expect(again.service.stores.policies.standing).toMatchObject({ active: 1, latest: 2, shadows: [] });
    expect(linesOf(again, 'packaged_policy_waits')).toHaveLength(1);
    await new Analyst(again).activate(2);
    await new Analyst(again).rollback();
    const back = await again.restart({ env: PACKAGED });
    expect(back.service.stores.policies.standing).toMatchObject({ active: 1, latest: 2, shadows: [] });
    expect((await back.assess(usual('w-1'))).policyRevision?.hash).toBe(hashOfBefore);
  });

  test('does so in api mode too, while what decides came with the package', async () => {
    const before = await serviceOfBefore({ HOLDFAST_POLICY_MODE: 'api' });
    const after = await before.restart({ env: { ...PACKAGED, HOLDFAST_POLICY_MODE: 'api' } });
    expect(after.service.stores.policies.standing).toMatchObject({ active: 1, latest: 2, shadows: [2] });
  });
});

describe('a new installation', () => {
  test('starts with the packaged policy, which calls activate and do not replace', async () => {
    const service = await startTestService({ env: PACKAGED });
    const analyst = new Analyst(service);
    expect((await analyst.get()).revision?.ref).toMatchObject({ number: 1, hash: hashOfNow });
    expect(linesOf(service, 'packaged_policy_waits')).toEqual([]);
    const refused = await failure(analyst.create({ text: analyst.text }));
    expect(details(refused).info?.reason).toBe('POLICY_PACKAGED_MODE');
  });
});

describe("a policy of the operator's own", () => {
  test('decides at once when it changes, whatever the package has', async () => {
    const before = await serviceOfBefore();
    writeFileSync(before.policyFile, readFileSync(OF_BEFORE, 'utf8').replace('points: 28', 'points: 27'));
    const after = await before.restart();
    expect(after.service.stores.policies.standing).toMatchObject({ active: 2, latest: 2, shadows: [] });
    expect(linesOf(after, 'packaged_policy_waits')).toEqual([]);
  });

  test('gives way at once when the settings no longer name it', async () => {
    const own = await startTestService();
    const packaged = await own.restart({ env: PACKAGED });
    expect((await packaged.assess(usual('w-1'))).policyRevision).toMatchObject({
      number: 2,
      hash: hashOfNow,
    });
  });
});
