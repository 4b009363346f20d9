import { status } from '@grpc/grpc-js';
import { readConfig } from '../config.js';
import { GrpcClient } from './grpc-client.js';
import { configProblems } from './show-config.js';
import { CommandError, EXIT } from './terminal.js';

/**
 * Asks a running service, where the settings say that it listens.
 *
 * @throws CommandError when no service answers there, or it refuses the call
 */
export async function askService<T>(
  env: Readonly<Record<string, string | undefined>>,
  ask: (client: GrpcClient) => Promise<T>,
): Promise<T> {
  const read = readConfig(env);
  if (read.kind === 'invalid') throw new CommandError(configProblems(read.problems));
  const { grpcAddress } = read.config;
  const target =
    grpcAddress.kind === 'unix' ? `unix:${grpcAddress.path}` : `${grpcAddress.host}:${grpcAddress.port}`;
  const client = new GrpcClient(target);
  try {
    return await ask(client);
  } catch (error) {
    throw asCommandError(error, target);
  } finally {
    client.close();
  }
}

function asCommandError(error: unknown, target: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number') return error;
  const details = 'details' in error && typeof error.details === 'string' ? error.details : error.message;
  if (error.code === status.UNAVAILABLE) {
    return new CommandError(
      `no service answers at ${target} (HOLDFAST_GRPC_ADDRESS): ${details}`,
      EXIT.failed,
    );
  }
  return new CommandError(`${status[error.code] ?? 'error'}: ${inOptions(details)}`, EXIT.failed);
}

/** What the contract calls a field is an option here. */
function inOptions(details: string): string {
  return details.replace('an override_reason', '--override WHY');
}
