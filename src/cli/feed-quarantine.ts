import { toJson } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import {
  FeedService,
  type QuarantinedMessage,
  QuarantinedMessageSchema,
  RetryOutcome,
} from '../gen/holdfast/v1/feed_service_pb.js';
import { askService } from './service-client.js';
import { table } from './table.js';
import { EXIT, json, type Terminal } from './terminal.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface ListOptions {
  readonly provider?: string;
  readonly reason?: string;
  /** 1 to 500. */
  readonly limit: number;
  readonly json?: boolean;
}

/** `holdfast feed quarantine list`. @returns the exit code */
export async function listQuarantine(options: ListOptions, env: Env, terminal: Terminal): Promise<number> {
  const { messages } = await askService(env, (client) =>
    client.call(FeedService.method.listQuarantinedMessages, {
      provider: options.provider ?? '',
      reason: options.reason ?? '',
      pageSize: options.limit,
    }),
  );
  if (options.json) terminal.out(json(messages.map((message) => toJson(QuarantinedMessageSchema, message))));
  else if (messages.length === 0 && terminal.tabulate === undefined) terminal.out('nothing is in quarantine');
  else terminal.out(messageTable(messages, terminal));
  return EXIT.ok;
}

/** `holdfast feed quarantine show ID`. @returns the exit code */
export async function showQuarantined(
  id: string,
  options: { json?: boolean },
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const { message } = await askService(env, (client) =>
    client.call(FeedService.method.getQuarantinedMessage, { id }),
  );
  if (message === undefined) return EXIT.failed;
  if (options.json) terminal.out(json(toJson(QuarantinedMessageSchema, message)));
  else {
    terminal.out(messageTable([message], terminal));
    terminal.out(`${message.detail}\nsha-256 ${message.digest}, ${message.sizeBytes} bytes`);
  }
  return EXIT.ok;
}

/** `holdfast feed quarantine retry ID`. @returns the exit code: 0 it counts now, 1 it does not */
export async function retryQuarantined(
  id: string,
  options: { json?: boolean },
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const answer = await askService(env, (client) =>
    client.call(FeedService.method.retryQuarantinedMessage, { id }),
  );
  const outcome = RetryOutcome[answer.outcome];
  if (options.json) terminal.out(json({ id, outcome, reason: answer.reason }));
  else if (answer.outcome === RetryOutcome.PUSHED)
    terminal.out(`${outcome}: it came over HTTP and is not kept here; its provider can push it again`);
  else terminal.out(answer.reason === '' ? outcome : `${outcome}: ${answer.reason}`);
  const counts = answer.outcome === RetryOutcome.ACCEPTED || answer.outcome === RetryOutcome.DUPLICATE;
  return counts ? EXIT.ok : EXIT.failed;
}

function messageTable(messages: readonly QuarantinedMessage[], terminal: Terminal): string {
  return table(
    terminal,
    [
      { title: 'ID' },
      { title: 'PROVIDER' },
      { title: 'REASON' },
      { title: 'REFUSED AT' },
      { title: 'SEQUENCE', align: 'right' },
    ],
    messages.map((message) => [
      message.id,
      message.provider === '' ? '-' : message.provider,
      message.reason,
      message.refusedAt === undefined ? '-' : timestampDate(message.refusedAt).toISOString(),
      message.streamSequence.toString(),
    ]),
  );
}
