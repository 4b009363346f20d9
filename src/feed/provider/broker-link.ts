import type { NatsConnection } from '@nats-io/transport-node';
import { type BrokerOptions, connectBroker } from '../broker.js';
import { ProviderToolError } from './provider-tool-error.js';

/**
 * Connects as a provider. Answers come to an inbox of its own, so that its permissions can shut it out of everybody
 * else's. A connection that was there once reconnects by itself.
 *
 * @throws ProviderToolError code `BROKER_UNREACHABLE`
 */
export async function connectProvider(provider: string, broker: BrokerOptions): Promise<NatsConnection> {
  try {
    return await connectBroker({ ...broker, inboxPrefix: `_INBOX_${provider}` });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown cause';
    throw new ProviderToolError('BROKER_UNREACHABLE', `the broker cannot be reached: ${reason}`, { cause });
  }
}

/** Messages on one subject as text, until `signal` ends it. @throws ProviderToolError code `BROKER_REFUSED` */
export async function* messagesOn(
  connection: NatsConnection,
  subject: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  if (signal.aborted) return;
  const subscription = connection.subscribe(subject);
  const stop = (): void => subscription.unsubscribe();
  signal.addEventListener('abort', stop);
  try {
    for await (const message of subscription) yield message.string();
  } catch (cause) {
    throw refused(subject, cause);
  } finally {
    signal.removeEventListener('abort', stop);
    subscription.unsubscribe();
  }
  if (signal.aborted) return;
  const cause = await subscription.closed;
  throw refused(subject, cause instanceof Error ? cause : new Error('the connection was closed'));
}

function refused(subject: string, cause: unknown): ProviderToolError {
  const reason = cause instanceof Error ? cause.message : 'unknown cause';
  return new ProviderToolError(
    'BROKER_REFUSED',
    `the broker does not let us listen on ${subject}: ${reason}`,
    {
      cause,
    },
  );
}
