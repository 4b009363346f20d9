import { Option } from 'commander';
import type { BrokerOptions } from '../feed/broker.js';
import { ProviderToolError } from '../feed/provider/provider-tool-error.js';
import { CommandError, EXIT } from './terminal.js';

/** Options of every command that speaks to the broker as a provider. */
export interface BrokerFlags {
  readonly provider: string;
  /** URLs, separated by commas. */
  readonly nats: string;
  readonly creds?: string;
}

/** Where the broker is, as the service's own setting says it. */
export function natsOption(): Option {
  return new Option('--nats <url>', 'broker').env('HOLDFAST_NATS_URL').default('nats://127.0.0.1:4222');
}

export function brokerOptions({ provider, nats, creds }: BrokerFlags): BrokerOptions {
  return {
    servers: nats.split(','),
    name: `holdfast-provider-${provider}`,
    ...(creds === undefined ? {} : { credentialsFile: creds }),
  };
}

/** Where a provider's counter and published tokens lie. */
export function outboxOf({
  provider,
  outbox,
}: {
  readonly provider: string;
  readonly outbox?: string;
}): string {
  return outbox ?? `${provider}.outbox.json`;
}

/**
 * What the provider's tool finds wrong is said in one line; everything else is a bug and shows itself.
 *
 * @param code of the process then
 */
export async function told<T>(run: () => Promise<T>, code: number = EXIT.failed): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ProviderToolError)) throw error;
    throw new CommandError(`${error.message} (${error.code})`, code);
  }
}

/** Runs until it ends or somebody interrupts the process. */
export async function untilInterrupted(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    await run(over.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
