import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GrpcClient } from '../../src/cli/grpc-client.js';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { compileChild } from '../store/child-program.js';
import { startProcess } from './service-process.js';

const ACCOUNTS = 400;
const PAGE = 4_096;

const program = compileChild('src/main.ts', ['src']);

/** A folder that was in use, with what an exchange was told. */
let used: { readonly folder: string; readonly assessmentId: string };

beforeAll(async () => {
  const folder = temporaryFolder();
  const running = await startProcess(program, folder);
  const client = new GrpcClient(running.grpcAddress);
  for (const type of [SignalType.PASSWORD_RESET, SignalType.MFA_RESET]) {
    const signals = Array.from({ length: ACCOUNTS }, (_, n) => ({
      signalId: `${type}-${n}`,
      type,
      accountId: `account-${n}`,
      email: `account-${n}@example.com`,
      occurredAt: timestampFromMs(Date.now() - 60_000),
    }));
    await client.call(RiskService.method.reportSignals, { signals });
  }
  let assessmentId = '';
  for (let n = 0; n < 50; n++) assessmentId = (await ask(client, n)).assessmentId;
  client.close();
  running.kill('SIGTERM');
  await running.ended;
  used = { folder, assessmentId };
});

afterAll(stopServices);

function ask(client: GrpcClient, n: number) {
  return client.call(RiskService.method.assessWithdrawal, {
    withdrawalId: `w-${n}`,
    accountId: `account-${n}`,
    email: `account-${n}@example.com`,
    asset: 'BTC',
    amount: '1',
    referenceValue: 20_000,
    balanceShare: 0.9,
    destination: { address: bitcoinAddress(`${n}`), network: 'bitcoin' },
  });
}

/** How a start ended: `knows` all, `lost` some of it, was refused by a code, or something worse. */
async function start(folder: string, env: Readonly<Record<string, string>>): Promise<string> {
  let running: Awaited<ReturnType<typeof startProcess>>;
  try {
    running = await startProcess(program, folder, env);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const codes = [...said.matchAll(/\(([A-Z][A-Z_]+)\)/g)].map(([, code = '']) => code);
    return codes.findLast((code) => !code.startsWith('HOLDFAST_')) ?? `no code: ${said}`;
  }
  const client = new GrpcClient(running.grpcAddress);
  try {
    for (let n = 0; n < ACCOUNTS; n += 7) {
      if ((await ask(client, n)).decision !== Decision.HOLD) return 'lost';
    }
    const { assessmentId } = used;
    const { assessment } = await client.call(RiskService.method.getAssessment, { assessmentId });
    return assessment === undefined ? 'lost' : 'knows';
  } catch (error) {
    return `failed: ${String(error)}`;
  } finally {
    client.close();
    running.kill('SIGTERM');
    await running.ended;
  }
}

interface Damage {
  readonly name: string;
  /** Damages a folder that was in use. @param data its data folder */
  readonly damage: (data: string, folder: string) => void;
  /** `knows`, or the code of a refusal. */
  readonly ends: string;
  /**
   * LMDB's native code may kill the process that first reads it, or a record is found damaged while serving: that call
   * fails. The start after it must know everything.
   */
  readonly mayDie?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });
function removeAll(data: string, ...names: readonly string[]): void {
  for (const name of names) remove(join(data, name));
}
const empty = (path: string): void => {
  remove(path);
  mkdirSync(path, { mode: 0o700 });
};
const garbage = (path: string): void =>
  writeFileSync(path, Buffer.alloc(statSync(path).size, 0xa5), { mode: 0o600 });
const halve = (path: string): void => truncateSync(path, Math.floor(statSync(path).size / 2));

/** Overwrites pages, counted from the start; negative: from the end. */
function overwrite(path: string, ...pages: readonly number[]): void {
  const bytes = readFileSync(path);
  const count = Math.floor(bytes.length / PAGE);
  for (const page of pages)
    bytes.fill(0xa5, ((page + count) % count) * PAGE, (((page + count) % count) + 1) * PAGE);
  writeFileSync(path, bytes, { mode: 0o600 });
}

const REQUIRED = { HOLDFAST_DATA_REQUIRED: 'on' };
const DEAD_HOLDER = { pid: 4_194_000, startedAt: '1', bootId: 'other', pidNamespace: 'other', token: 't' };

function staleLock(path: string): void {
  writeFileSync(path, JSON.stringify(DEAD_HOLDER), { mode: 0o600 });
  utimesSync(path, new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_600_000));
}

const DAMAGES: readonly Damage[] = [
  { name: 'nothing at all', damage: () => undefined, ends: 'knows' },
  { name: 'log/ gone', damage: (data) => remove(join(data, 'log')), ends: 'LOG_MISSING' },
  { name: 'log/ empty', damage: (data) => empty(join(data, 'log')), ends: 'LOG_MISSING' },
  { name: 'the log’s file gone', damage: (data) => remove(join(data, 'log/data.mdb')), ends: 'LOG_MISSING' },
  {
    name: 'log/ and state/ gone, keys left',
    damage: (data) => removeAll(data, 'log', 'state'),
    ends: 'LOG_MISSING',
  },
  {
    name: 'the log is a new, empty one',
    damage: (data, folder) => {
      remove(join(data, 'log'));
      cpSync(join(folder, 'new/log'), join(data, 'log'), { recursive: true });
    },
    ends: 'LOG_MISSING',
  },
  {
    name: 'the log is a new, empty one, and the state is gone',
    damage: (data, folder) => {
      for (const name of ['log', 'state']) remove(join(data, name));
      cpSync(join(folder, 'new/log'), join(data, 'log'), { recursive: true });
    },
    ends: 'LOG_MISSING',
  },
  {
    name: 'the log’s file has no byte',
    damage: (data) => truncateSync(join(data, 'log/data.mdb')),
    ends: 'LOG_CORRUPT',
  },
  {
    name: 'half of the log’s file',
    damage: (data) => halve(join(data, 'log/data.mdb')),
    ends: 'LOG_CORRUPT',
  },
  {
    name: 'the log’s file is garbage',
    damage: (data) => garbage(join(data, 'log/data.mdb')),
    ends: 'LOG_CORRUPT',
  },
  {
    name: 'the log’s first page is garbage',
    damage: (data) => overwrite(join(data, 'log/data.mdb'), 0),
    ends: 'LOG_CORRUPT',
  },
  {
    name: 'both headers of the log are garbage',
    damage: (data) => overwrite(join(data, 'log/data.mdb'), 0, 1),
    ends: 'LOG_CORRUPT',
  },
  {
    name: 'two processes died in the log',
    damage: (data) => writeFileSync(join(data, 'log/opening.marker'), '2\n'),
    ends: 'LOG_CORRUPT',
  },
  {
    name: 'the log’s marker is garbage',
    damage: (data) => writeFileSync(join(data, 'log/opening.marker'), 'x'),
    ends: 'knows',
  },
  {
    name: 'the log’s marker gone',
    damage: (data) => remove(join(data, 'log/opening.marker')),
    ends: 'knows',
  },
  {
    name: 'LMDB’s lock file of the log gone',
    damage: (data) => remove(join(data, 'log/lock.mdb')),
    ends: 'knows',
  },
  {
    name: 'LMDB’s lock file of the log is garbage',
    damage: (data) => garbage(join(data, 'log/lock.mdb')),
    ends: 'knows',
  },
  {
    name: 'log/ is a file',
    damage: (data) => {
      remove(join(data, 'log'));
      writeFileSync(join(data, 'log'), '');
    },
    ends: 'LOG_MISSING',
  },
  {
    name: 'the data folder gone, required',
    damage: (data) => remove(data),
    ends: 'DATA_NOT_INITIALISED',
    env: REQUIRED,
  },
  {
    name: 'the data folder empty, required',
    damage: (data) => empty(data),
    ends: 'DATA_NOT_INITIALISED',
    env: REQUIRED,
  },
  {
    name: 'only keys left, required',
    damage: (data) => removeAll(data, 'log', 'state', 'holdfast.json'),
    ends: 'DATA_NOT_INITIALISED',
    env: REQUIRED,
  },
  { name: 'nothing at all, required', damage: () => undefined, ends: 'knows', env: REQUIRED },
  {
    name: 'a folder of before there was a mark, required',
    damage: (data) => remove(join(data, 'holdfast.json')),
    ends: 'knows',
    env: REQUIRED,
  },
  { name: 'state/ gone', damage: (data) => remove(join(data, 'state')), ends: 'knows' },
  { name: 'state/ empty', damage: (data) => empty(join(data, 'state')), ends: 'knows' },
  {
    name: 'the state’s file has no byte',
    damage: (data) => truncateSync(join(data, 'state/data.mdb')),
    ends: 'knows',
  },
  { name: 'half of the state’s file', damage: (data) => halve(join(data, 'state/data.mdb')), ends: 'knows' },
  {
    name: 'the state’s file is garbage',
    damage: (data) => garbage(join(data, 'state/data.mdb')),
    ends: 'knows',
  },
  ...[2, 5, 10, 20, 40, -1, -2, -7].map((page) => ({
    name: `page ${page} of the state is garbage`,
    damage: (data: string) => overwrite(join(data, 'state/data.mdb'), page),
    ends: 'knows',
    mayDie: true,
  })),
  {
    name: 'every page of the state behind its headers is garbage',
    damage: (data) => {
      const path = join(data, 'state/data.mdb');
      overwrite(path, ...Array.from({ length: Math.floor(statSync(path).size / PAGE) - 2 }, (_, n) => n + 2));
    },
    ends: 'knows',
  },
  {
    name: 'the state is known to be damaged',
    damage: (data) => writeFileSync(join(data, 'state/damaged.marker'), ''),
    ends: 'knows',
  },
  {
    name: 'two processes died in the state',
    damage: (data) => writeFileSync(join(data, 'state/opening.marker'), '2\n'),
    ends: 'knows',
  },
  {
    name: 'LMDB’s lock file of the state is garbage',
    damage: (data) => garbage(join(data, 'state/lock.mdb')),
    ends: 'knows',
  },
  {
    name: 'state/ is a file',
    damage: (data) => {
      remove(join(data, 'state'));
      writeFileSync(join(data, 'state'), '');
    },
    ends: 'FOLDER_UNUSABLE',
  },
  {
    name: 'the checkpoint is garbage',
    damage: (data) => {
      mkdirSync(join(data, 'state.checkpoint'));
      writeFileSync(join(data, 'state.checkpoint/data.mdb'), 'x');
    },
    ends: 'knows',
  },
  { name: 'keys gone', damage: (data) => remove(join(data, 'keys.json')), ends: 'KEY_FILE_MISSING' },
  { name: 'keys empty', damage: (data) => truncateSync(join(data, 'keys.json')), ends: 'KEY_FILE_MALFORMED' },
  { name: 'half of the keys', damage: (data) => halve(join(data, 'keys.json')), ends: 'KEY_FILE_MALFORMED' },
  {
    name: 'keys are garbage',
    damage: (data) => garbage(join(data, 'keys.json')),
    ends: 'KEY_FILE_MALFORMED',
  },
  { name: 'keys are a folder', damage: (data) => empty(join(data, 'keys.json')), ends: 'KEY_FILE_MALFORMED' },
  {
    name: 'other keys of the same ids',
    damage: (data, folder) => cpSync(join(folder, 'new/keys.json'), join(data, 'keys.json')),
    ends: 'KEYS_CHANGED',
  },
  {
    name: 'the mark is garbage',
    damage: (data) => writeFileSync(join(data, 'holdfast.json'), '{'),
    ends: 'knows',
  },
  {
    name: 'what is thought of the clock is garbage',
    damage: (data) => {
      for (const name of ['clock.json', 'clock.accept']) writeFileSync(join(data, name), '{');
    },
    ends: 'knows',
  },
  {
    name: 'a lock without content',
    damage: (data) => writeFileSync(join(data, 'log.lock'), ''),
    ends: 'knows',
  },
  {
    name: 'locks of a machine that is gone',
    damage: (data) => {
      for (const name of ['log.lock', 'state.lock']) staleLock(join(data, name));
    },
    ends: 'knows',
  },
  {
    name: 'a restore was cut off',
    damage: (data) => {
      renameSync(join(data, 'log'), join(data, 'log.before'));
      mkdirSync(join(data, 'log.restoring'));
    },
    ends: 'LOG_MISSING',
  },
  {
    name: 'policy gone',
    damage: (_, folder) => remove(join(folder, 'policy.yaml')),
    ends: 'POLICY_UNREADABLE',
  },
  {
    name: 'policy empty',
    damage: (_, folder) => truncateSync(join(folder, 'policy.yaml')),
    ends: 'POLICY_INVALID',
  },
  {
    name: 'half of the policy',
    damage: (_, folder) => halve(join(folder, 'policy.yaml')),
    ends: 'POLICY_INVALID',
  },
];

/** A copy of the folder that was in use, with a new and empty data folder beside it. */
async function copyOfUsed(): Promise<string> {
  const folder = temporaryFolder();
  cpSync(used.folder, folder, { recursive: true });
  return folder;
}

beforeAll(async () => {
  const folder = temporaryFolder();
  const running = await startProcess(program, folder);
  running.kill('SIGTERM');
  await running.ended;
  cpSync(join(folder, 'data'), join(used.folder, 'new'), { recursive: true });
});

test.each(DAMAGES)(
  'a start with damage: $name, ends as $ends, and a second one the same way',
  async ({ damage, ends, mayDie = false, env = {} }) => {
    const folder = await copyOfUsed();
    const data = join(folder, 'data');
    damage(data, folder);
    const first = await start(folder, env);
    if (!(mayDie && /^failed: .*(UNAVAILABLE|INTERNAL)|^no code: the service did not start/.test(first))) {
      expect(first).toBe(ends);
    }
    expect(await start(folder, env)).toBe(ends);
    expect(await start(folder, env)).toBe(ends);
    expect(existsSync(folder)).toBe(true);
  },
);
