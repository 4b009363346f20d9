import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, expect, test } from 'vitest';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { PatientClient } from '../integration/patient-client.js';
import { compileChild } from '../store/child-program.js';
import { ExchangeLoad, lossesOf } from './exchange-load.js';
import { killProcesses, type ServiceProcess, startProcess } from './service-process.js';

const NOTHING = { assessments: [], requests: [], signals: [] };
const program = compileChild('src/main.ts', ['src']);

afterEach(async () => {
  await killProcesses();
  await stopServices();
});

const start = (folder: string): Promise<ServiceProcess> => startProcess(program, folder);

async function stop(running: ServiceProcess): Promise<void> {
  running.kill('SIGTERM');
  await running.ended;
}

const envOf = (folder: string) => ({
  PATH: process.env['PATH'],
  HOLDFAST_DATA_DIR: join(folder, 'data'),
  HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
});

/** Runs `holdfast backup ...` on a folder, as an operator does: a process beside the service. */
async function backup(folder: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [program.path, 'backup', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: envOf(folder),
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child, 'close');
  return { code: child.exitCode, said };
}

function putKeys(from: string, to: string): void {
  mkdirSync(join(to, 'data'), { mode: 0o700 });
  copyFileSync(join(from, 'data', 'keys.json'), join(to, 'data', 'keys.json'));
  chmodSync(join(to, 'data', 'keys.json'), 0o600);
}

/** What a service answers to a question about each account, without what differs from call to call. */
async function answersOf(address: string): Promise<readonly unknown[]> {
  const client = new PatientClient(address);
  const answers: unknown[] = [];
  for (let caller = 0; caller < 16; caller++) {
    const request: AssessWithdrawalRequest = create(AssessWithdrawalRequestSchema, {
      withdrawalId: `later-${caller}`,
      accountId: `account-${caller}`,
      email: `person-${caller}@att.net`,
      asset: 'BTC',
      amount: '10',
      referenceValue: 50_000,
      balanceShare: 0.9,
      destination: { address: bitcoinAddress(`${caller}`), network: 'bitcoin' },
      dryRun: true,
    });
    const { decision, score, reasons } = await client.call(RiskService.method.assessWithdrawal, request);
    answers.push({ decision, score, reasons: reasons.map(({ code, points }) => [code, points]) });
  }
  client.close();
  return answers;
}

test('a backup under load has all that was acknowledged before it, and what it restores answers as the original did', async () => {
  const folder = temporaryFolder();
  const running = await start(folder);
  const archive = join(folder, 'backup');
  let reached: (() => void) | undefined;
  const enough = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const load = new ExchangeLoad(running.grpcAddress, 'load', (count) => {
    if (count >= 400) reached?.();
  });
  await enough;
  const before = { signals: [...load.told.signals], answers: [...load.told.answers] };
  const made = await backup(folder, 'make', archive, '--json');
  const toldAfter = load.told.count;
  await load.end();
  expect(made).toMatchObject({ code: 0 });
  expect(toldAfter).toBeGreaterThan(before.signals.length + before.answers.length);
  const { firstPosition, lastPosition, keysFile } = JSON.parse(made.said);
  expect(firstPosition).toBe(1);
  expect(keysFile).toBe(join(folder, 'data', 'keys.json'));
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  const secrets = [...readFileSync(keysFile, 'utf8').matchAll(/"key": "([^"]+)"/g)].map(([, key]) => key);
  expect(secrets.length).toBeGreaterThan(2);
  for (const secret of secrets) expect(readFileSync(archive).includes(secret ?? '?')).toBe(false);

  const target = temporaryFolder();
  putKeys(folder, target);
  expect(await backup(target, 'verify', archive)).toMatchObject({ code: 0 });
  expect(await backup(target, 'restore', archive)).toMatchObject({ code: 0 });
  const restored = await start(target);
  expect(restored.events.get('service_started')).toBeDefined();
  const told = Object.assign(Object.create(Object.getPrototypeOf(load.told)), before);
  expect(await lossesOf(restored.grpcAddress, told)).toEqual(NOTHING);
  // At or before its position by the id, whenever the answer came.
  const within = load.told.answers.filter(({ answer }) => positionIn(answer.assessmentId) <= lastPosition);
  expect(within.length).toBeGreaterThanOrEqual(before.answers.length);
  expect(await lossesOf(restored.grpcAddress, { ...told, signals: [], answers: within })).toEqual(NOTHING);
  await stop(restored);
  await stop(running);
});

test('once nothing is asked any more, original and restored service answer the same', async () => {
  const folder = temporaryFolder();
  const running = await start(folder);
  const load = new ExchangeLoad(running.grpcAddress, 'load', (count) => {
    if (count >= 200) void load.end();
  });
  await expect.poll(() => load.told.count).toBeGreaterThanOrEqual(200);
  await load.end();
  const archive = join(folder, 'backup');
  expect(await backup(folder, 'make', archive)).toMatchObject({ code: 0 });
  const target = temporaryFolder();
  putKeys(folder, target);
  expect(await backup(target, 'restore', archive)).toMatchObject({ code: 0 });
  const restored = await start(target);
  expect(await answersOf(restored.grpcAddress)).toEqual(await answersOf(running.grpcAddress));
});

test('keys: put back first, or taken from the backup with its passphrase; others are refused', async () => {
  const folder = temporaryFolder();
  const running = await start(folder);
  await answersOf(running.grpcAddress);
  const passphrase = join(folder, 'passphrase');
  writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
  const [plain, sealed] = [join(folder, 'plain'), join(folder, 'sealed')];
  expect(await backup(folder, 'make', plain)).toMatchObject({ code: 0 });
  expect(await backup(folder, 'make', sealed, '--passphrase-file', passphrase)).toMatchObject({ code: 0 });
  await stop(running);

  const target = temporaryFolder();
  const without = await backup(target, 'restore', plain);
  expect(without).toMatchObject({ code: 1 });
  expect(without.said).toContain('(KEY_FILE_MISSING)');
  const unasked = await backup(target, 'restore', sealed);
  expect(unasked.said).toContain('give --passphrase-file (KEY_FILE_MISSING)');
  const wrong = join(folder, 'wrong');
  writeFileSync(wrong, 'incorrect horse battery staple\n', { mode: 0o600 });
  expect((await backup(target, 'restore', sealed, '--passphrase-file', wrong)).said).toContain(
    '(PASSPHRASE_WRONG)',
  );
  chmodSync(wrong, 0o644);
  expect((await backup(target, 'make', 'x', '--passphrase-file', wrong)).said).toContain(
    '(PASSPHRASE_UNUSABLE)',
  );
  expect(existsSync(join(target, 'data'))).toBe(false);

  // Keys of another deployment.
  const other = temporaryFolder();
  await stop(await start(other));
  const stranger = temporaryFolder();
  putKeys(other, stranger);
  expect((await backup(stranger, 'restore', plain)).said).toContain('(KEYS_CHANGED)');
  expect(readdirSync(join(stranger, 'data'))).toEqual(['keys.json']);

  mkdirSync(join(target, 'data'), { mode: 0o700 });
  expect(await backup(target, 'restore', sealed, '--passphrase-file', passphrase)).toMatchObject({ code: 0 });
  expect(statSync(join(target, 'data', 'keys.json')).mode & 0o777).toBe(0o600);
  await stop(await start(target));
});

test('a backup for which there is no room, or whose process is killed, leaves no file of its name', async () => {
  const folder = temporaryFolder();
  const running = await start(folder);
  const load = new ExchangeLoad(running.grpcAddress, 'load', () => undefined);
  await expect.poll(() => load.told.count).toBeGreaterThanOrEqual(400);
  await load.end();
  await stop(running);
  const archive = join(folder, 'backup');
  // A limit on the size of files makes writes fail as a full disk does; 64 blocks of 512 bytes.
  const full = spawnSync(
    'sh',
    ['-c', 'ulimit -f 64; exec "$0" "$@"', process.execPath, program.path, 'backup', 'make', archive],
    {
      env: envOf(folder),
      encoding: 'utf8',
    },
  );
  expect(full.status).toBe(1);
  expect(full.stderr).toContain('(DISK_FULL)');
  expect(readdirSync(folder).filter((name) => name.startsWith('backup'))).toEqual([]);

  expect(await backup(folder, 'make', join(folder, 'whole'))).toMatchObject({ code: 0 });
  const target = temporaryFolder();
  putKeys(folder, target);
  const noRoom = spawnSync(
    'sh',
    [
      '-c',
      'ulimit -f 64; exec "$0" "$@"',
      process.execPath,
      program.path,
      'backup',
      'restore',
      join(folder, 'whole'),
    ],
    { env: envOf(target), encoding: 'utf8' },
  );
  expect(noRoom.status).toBe(1);
  expect(noRoom.stderr).toContain('(DISK_FULL)');
  expect(readdirSync(join(target, 'data'))).toEqual(['keys.json']);
  expect(await backup(target, 'restore', join(folder, 'whole'))).toMatchObject({ code: 0 });

  const killed = spawn(process.execPath, [program.path, 'backup', 'make', archive], { env: envOf(folder) });
  await expect.poll(() => existsSync(`${archive}.unfinished`) || existsSync(archive)).toBe(true);
  killed.kill('SIGKILL');
  await once(killed, 'close');
  if (existsSync(archive)) expect(await backup(folder, 'verify', archive)).toMatchObject({ code: 0 });
  else expect((await backup(folder, 'make', archive)).said).toContain('(BACKUP_UNFINISHED)');
});

test('a folder that was copied while a service ran is refused by name, and what is whole of it comes back', async () => {
  const folder = temporaryFolder();
  const running = await start(folder);
  await answersOf(running.grpcAddress);
  const copy = temporaryFolder();
  cpSync(join(folder, 'data'), join(copy, 'data'), { recursive: true, preserveTimestamps: true });
  const restoreOfCopy = temporaryFolder();
  // Also while the original runs, whose lock file was copied as well.
  await expect(startProcess(program, copy)).rejects.toThrow('COPIED_WHILE_OPEN');
  await stop(running);
  await expect(startProcess(program, copy)).rejects.toThrow('COPIED_WHILE_OPEN');
  const archive = join(copy, 'backup');
  expect(await backup(copy, 'make', archive)).toMatchObject({ code: 0 });
  putKeys(folder, restoreOfCopy);
  expect(await backup(restoreOfCopy, 'restore', archive)).toMatchObject({ code: 0 });
  await stop(await start(restoreOfCopy));

  // A copy of a stopped folder starts, and so does one whose process was killed.
  const stopped = temporaryFolder();
  cpSync(join(folder, 'data'), join(stopped, 'data'), { recursive: true });
  const again = await start(stopped);
  again.kill('SIGKILL');
  await again.ended;
  await stop(await start(stopped));
});

test('a folder in which a restore was cut off does not start, until it is done again', async () => {
  const folder = temporaryFolder();
  const running = await start(folder);
  await answersOf(running.grpcAddress);
  const archive = join(folder, 'backup');
  await backup(folder, 'make', archive);
  await stop(running);
  const target = temporaryFolder();
  putKeys(folder, target);
  mkdirSync(join(target, 'data', 'restoring'));
  await expect(startProcess(program, target)).rejects.toThrow('RESTORE_UNFINISHED');
  expect(await backup(target, 'restore', archive)).toMatchObject({ code: 0 });
  await stop(await start(target));
});

test('a restore that is killed at any moment is refused at the start, or is whole', async () => {
  const folder = temporaryFolder();
  const running = await start(folder);
  const load = new ExchangeLoad(running.grpcAddress, 'load', () => undefined);
  await expect.poll(() => load.told.count).toBeGreaterThanOrEqual(400);
  await load.end();
  const archive = join(folder, 'backup');
  await backup(folder, 'make', archive);
  await stop(running);
  const target = temporaryFolder();
  putKeys(folder, target);
  const data = join(target, 'data');
  const killed = spawn(process.execPath, [program.path, 'backup', 'restore', archive], {
    env: envOf(target),
  });
  await expect.poll(() => existsSync(join(data, 'restoring')) || killed.exitCode !== null).toBe(true);
  killed.kill('SIGKILL');
  if (killed.exitCode === null && killed.signalCode === null) await once(killed, 'close');
  if (!existsSync(join(data, 'log', 'data.mdb'))) {
    await expect(startProcess(program, target)).rejects.toThrow('RESTORE_UNFINISHED');
    expect(await backup(target, 'restore', archive)).toMatchObject({ code: 0 });
  }
  const restored = await start(target);
  expect(await lossesOf(restored.grpcAddress, load.told)).toEqual(NOTHING);
  await stop(restored);
});

/** The position is in the last 48 bits of an assessment's id. */
function positionIn(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(-12), 16);
}
