import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ChildProgram } from '../store/child-program.js';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A service in a process of its own, so that it can be killed. */
export interface ServiceProcess {
  readonly grpcAddress: string;
  /** Events of its log so far, by name. */
  readonly events: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ending>;
}

/** What was started and has not ended. */
const running = new Set<ServiceProcess>();

/** Kills what a test has left running. */
export async function killProcesses(): Promise<void> {
  for (const started of running) {
    started.kill('SIGKILL');
    await started.ended;
  }
}

/**
 * Runs `holdfast serve` on a folder, until {@link killProcesses} at the latest.
 *
 * @param env further variables
 * @returns when it is ready
 * @throws Error with what it said if it ends before
 */
export async function startProcess(
  program: ChildProgram,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [program.path, 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
      HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
      HOLDFAST_DATA_DIR: join(folder, 'data'),
      HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
      ...env,
    },
  });
  const ended = endOf(child);
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  const events = new Map<string, Readonly<Record<string, unknown>>>();
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry: Record<string, unknown> = JSON.parse(line);
      events.set(String(entry['event']), entry);
      if (entry['event'] === 'service_started') resolve(String(entry['grpcAddress']));
    });
  });
  const tooEarly = ended.then(({ code, signal }) => {
    throw new Error(`the service did not start, ${signal ?? code}: ${complaints.join('\n')}`);
  });
  const grpcAddress = await Promise.race([ready, tooEarly]);
  tooEarly.catch(() => undefined);
  const started = { grpcAddress, events, kill: (signal: NodeJS.Signals) => void child.kill(signal), ended };
  running.add(started);
  void ended.then(() => running.delete(started));
  return started;
}

async function endOf(child: ChildProcess): Promise<Ending> {
  // `close`, not `exit`: its last lines are then read.
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode };
}
