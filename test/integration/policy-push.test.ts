import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { policyPush } from '../../src/cli/policy-push.js';
import { policyActivate } from '../../src/cli/policy-revisions.js';
import { CommandError, type Terminal } from '../../src/cli/terminal.js';
import { stopServices, type TestService } from './harness.js';
import { Analyst, startApiService } from './policy-calls.js';

const CHANGE = { actor: 'ana', reason: 'to try' };

let running: TestService;
let analyst: Analyst;
let out: string[];
let file: string;

beforeEach(async () => {
  running = await startApiService();
  analyst = new Analyst(running);
  out = [];
  file = join(running.folder, 'candidate.yaml');
});

afterEach(stopServices);

function terminal(): Terminal {
  return { out: (text) => out.push(text), err: () => {}, colour: false, interactive: false };
}

function env() {
  return { HOLDFAST_GRPC_ADDRESS: running.service.grpcAddress };
}

async function refused(command: Promise<unknown>): Promise<CommandError> {
  const error: unknown = await command.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CommandError) return error;
  throw new Error(`not refused: ${String(error)}`);
}

test('of a policy with mistakes all are shown with file, line and column, and nothing is kept', async () => {
  const text = analyst.text.replace('points: 30', 'points: many').replace('max: 72h', 'max: soon');
  writeFileSync(file, text);
  const error = await refused(policyPush(file, CHANGE, env(), terminal()));
  expect(error.message).toBe(`${file}: not kept: 2 problems`);
  const lines = text
    .split('\n')
    .flatMap((line, index) => (/: (many|soon)$/.test(line) ? [`${file}:${index + 1}:`] : []));
  expect(out.map((line, index) => line.startsWith(lines[index] ?? '?'))).toEqual([true, true]);
  expect((await analyst.list()).revisions).toHaveLength(1);
});

test('a program gets the same mistakes as JSON', async () => {
  writeFileSync(file, analyst.text.replace('points: 30', 'points: many'));
  await refused(policyPush(file, { ...CHANGE, json: true }, env(), terminal()));
  expect(JSON.parse(out.join('\n'))).toMatchObject({ problems: [{ path: 'rules[0].points' }] });
});

test('cases of a folder are kept with the revision, and must pass', async () => {
  const folder = join(running.folder, 'cases');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'own.yaml'),
    `suite: Own
policy: integration
now: 2026-05-04T09:00:00Z
cases:
  - name: nothing happened
    description: Must pass.
    request: { email: joe@att.net, value: 5 }
    expect: { decision: REJECT }
`,
  );
  writeFileSync(file, analyst.textWith(20));
  expect(await policyPush(file, { ...CHANGE, cases: [folder] }, env(), terminal())).toBe(1);
  expect(out.join('\n')).toContain('own.yaml: nothing happened: decision: expected REJECT');
});

test('whoever loses a race learns which revision decides', async () => {
  writeFileSync(file, analyst.textWith(20));
  await policyPush(file, CHANGE, env(), terminal());
  const { etag } = await analyst.get();
  await analyst.activate(2);
  const error = await refused(policyActivate(1, { ...CHANGE, etag }, env(), terminal()));
  expect(error.message).toMatch(/^ABORTED: .* revision 2 decides now, its etag is r2-/);
});
