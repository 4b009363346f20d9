import { createRequire } from 'node:module';
import { join } from 'node:path';
import { person } from '../fixtures/population.js';
import { startChild } from '../load/child-process.js';
import { grpcFrame } from '../load/grpc-frame.js';
import { BENCH_FOLDER } from '../paths.js';
import { type CerbosQuestion, checkResourcesRequest, isAllowed } from './cerbos-messages.js';
import { freePort } from './free-port.js';
import { whenReady } from './ready.js';
import type { RunningSide } from './side.js';

/**
 * Starts the peer: a stateless decision service in Go, which is given every fact with the question and keeps no record
 * of its answer.
 *
 * @param accounts indexes of the accounts asked about
 */
export async function startCerbos(accounts: readonly number[]): Promise<RunningSide> {
  const [grpcPort, httpPort] = [await freePort(), await freePort()];
  const settings = {
    'server.grpcListenAddr': `127.0.0.1:${grpcPort}`,
    'server.httpListenAddr': `127.0.0.1:${httpPort}`,
    'storage.driver': 'disk',
    'storage.disk.directory': join(BENCH_FOLDER, 'fixtures', 'cerbos', 'policies'),
    'storage.disk.watchForChanges': 'false',
    'telemetry.disabled': 'true',
    'audit.enabled': 'false',
  };
  const args = Object.entries(settings).map(([name, value]) => `--set=${name}=${value}`);
  const child = startChild(binary(), ['server', '--log-level=error', ...args]);
  await whenReady(`http://127.0.0.1:${httpPort}/_cerbos/health`, child);
  return {
    name: 'cerbos',
    pid: child.pid,
    address: `127.0.0.1:${grpcPort}`,
    path: '/cerbos.svc.v1.CerbosService/CheckResources',
    frames: accounts.map((index) => grpcFrame(checkResourcesRequest(question(index)))),
    problemOf: (message) => (isAllowed(message) ? undefined : 'Cerbos did not allow a usual withdrawal'),
    stop: () => child.stop(),
  };
}

/** The binary itself: the package's own start script would stay in between, and its CPU time be the one measured. */
function binary(): string {
  const require = createRequire(join(BENCH_FOLDER, 'package.json'));
  return require.resolve(`@cerbos/cerbos-${process.platform}-${process.arch}`);
}

function question(index: number): CerbosQuestion {
  const { accountId, email, deviceId, address } = person(index);
  return {
    requestId: '',
    principalId: accountId,
    role: 'customer',
    principalFacts: {
      mail_domain: email.slice(email.indexOf('@') + 1),
      mailbox_exposed: false,
      in_cohort: false,
      hours_since_password_reset: 1_000,
      hours_since_mfa_change: 3_000,
      hours_since_email_changed: 100_000,
      hours_since_sim_changed: 100_000,
      failed_logins_last_day: 1,
      device_id: deviceId,
      device_age_hours: 9_600,
    },
    kind: 'withdrawal',
    resourceId: `w-${index}`,
    resourceFacts: {
      asset: 'BTC',
      amount: '0.0041',
      reference_value: 260,
      balance_share: 0.06,
      destination: address,
      destination_age_hours: 5_000,
    },
    action: 'send',
  };
}
