import { type Command, InvalidArgumentError } from 'commander';
import { ALGORITHMS, type Algorithm } from '../feed/jwks.js';
import type { ProviderIdentity, PublishOptions, ToldEvent } from '../feed/provider/commands.js';
import { brokerOptions, natsOption, outboxOf, told } from './feed-broker-options.js';
import { readInput } from './input-file.js';
import { integerFrom } from './number-option.js';
import { CommandError, json, type Terminal } from './terminal.js';

/** Loaded when a command runs: see `run`. */
type ProviderCommands = typeof import('../feed/provider/commands.js');

/** Options of every command that publishes. */
interface IdentityOptions extends SignerOptions {
  readonly nats: string;
  readonly creds?: string;
  readonly push?: string;
  readonly pushTokenFile?: string;
  readonly wait: number;
  readonly json?: boolean;
}

const JSON_FLAG = ['--json', 'print JSON for programs instead of text for people'] as const;

/** `holdfast feed keygen | publish | heartbeat | cohort | retract | void`: what a provider says. */
export function addPublishCommands(feed: Command, terminal: Terminal): void {
  feed
    .command('keygen')
    .description('make a signing key, and add its public part to a key set for the exchange')
    .requiredOption('--kid <id>', 'name of the key in tokens; new for each key')
    .option('--algorithm <name>', `one of ${ALGORITHMS.join(', ')}`, readAlgorithm, 'EdDSA' as Algorithm)
    .requiredOption('--private <file>', 'where the private key goes; must not exist')
    .requiredOption('--jwks <file>', 'the public key set (JWKS); made, or added to')
    .option('--pair-keys <file>', 'also make a pair key for pseudonyms, shared with this exchange alone')
    .option('--pair-key-id <id>', 'name of the pair key', 'k1')
    .action(
      async (options: {
        kid: string;
        algorithm: Algorithm;
        private: string;
        jwks: string;
        pairKeys?: string;
        pairKeyId: string;
      }) => {
        const { runFeedKeygen } = await import('../feed/provider/commands.js');
        await told(() =>
          runFeedKeygen({
            kid: options.kid,
            algorithm: options.algorithm,
            privateFile: options.private,
            jwksFile: options.jwks,
            ...(options.pairKeys === undefined
              ? {}
              : { pairKeys: { file: options.pairKeys, keyId: options.pairKeyId } }),
          }),
        );
        terminal.out(
          `private key ${options.private} (keep it); key set ${options.jwks} (give it to the exchange)`,
        );
        if (options.pairKeys !== undefined) {
          terminal.out(`pair keys ${options.pairKeys} (share it with this exchange only, over a safe way)`);
        }
      },
    );

  aboutMailbox(
    withIdentity(feed.command('publish').description('publish an event about one mailbox')),
  ).action(async (options: IdentityOptions & MailboxOptions) =>
    publish(options, terminal, (commands, identity) =>
      commands.runFeedPublish({ ...identity, ...mailboxEvent(options) }),
    ),
  );

  aboutMailbox(
    withSigner(
      feed
        .command('sign')
        .description('sign an event about one mailbox and print its token; send it yourself'),
    ),
  )
    .addHelpText('after', SIGN_HELP)
    .action(async (options: SignerOptions & MailboxOptions) => {
      const commands = await import('../feed/provider/commands.js');
      await told(() =>
        commands.runFeedPublish({
          ...identityOf(options),
          ...mailboxEvent(options),
          broker: {
            deliver: async (token) => {
              terminal.out(token);
              return { sequence: 0, isDuplicate: false };
            },
          },
        }),
      );
    });

  withIdentity(feed.command('heartbeat').description('say that the feed is alive')).action(
    async (options: IdentityOptions) =>
      publish(options, terminal, (commands, identity) => commands.runFeedHeartbeat(identity)),
  );

  withIdentity(feed.command('cohort').description('publish or correct an incident of whole domains'))
    .requiredOption('--id <id>', "the incident's own name: the same again replaces what was said before")
    .requiredOption('--domains <list>', 'mail domains, separated by commas', (text: string) =>
      text.split(','),
    )
    .requiredOption('--mechanism <text>', 'what happened, e.g. app-passwords')
    .requiredOption('--from <time>', 'since when: ISO 8601 or epoch seconds', readTime)
    .option('--to <time>', 'until when; absent while it goes on', readTime)
    .option('--share <part>', 'part of the mailboxes affected, 0 to 1', readPart)
    .option('--confidence <part>', 'how sure, 0 to 1', readPart, 1)
    .action(
      async (
        options: IdentityOptions & {
          id: string;
          domains: string[];
          mechanism: string;
          from: number;
          to?: number;
          share?: number;
          confidence: number;
        },
      ) =>
        publish(options, terminal, (commands, identity) =>
          commands.runFeedCohort({
            ...identity,
            cohortId: options.id,
            domains: options.domains,
            mechanism: options.mechanism,
            from: options.from,
            confidence: options.confidence,
            ...(options.to === undefined ? {} : { to: options.to }),
            ...(options.share === undefined ? {} : { share: options.share }),
          }),
        ),
    );

  withIdentity(feed.command('retract').description('take an event or an incident back'))
    .requiredOption('--jti <id>', 'id of the token, as printed when it was published')
    .action(async (options: IdentityOptions & { jti: string }) =>
      publish(options, terminal, (commands, identity) =>
        commands.runFeedRetract({ ...identity, jti: options.jti }),
      ),
    );

  withIdentity(
    feed
      .command('void')
      .description('say that numbers of yours will never come, since nobody has their tokens'),
  )
    .requiredOption('--from <number>', 'first number', integerFrom(0))
    .requiredOption('--to <number>', 'last number', integerFrom(0))
    .addHelpText('after', VOID_HELP)
    .action(async (options: IdentityOptions & { from: number; to: number }) =>
      publish(options, terminal, (commands, identity) =>
        commands.runFeedVoid({ ...identity, range: [options.from, options.to] }),
      ),
    );
}

const VOID_HELP = `
For numbers that \`feed backfill\` found lacking. What those events said is lost to the exchange: publish anew
what still matters. Refused for numbers that the outbox holds.`;

const SIGN_HELP = `
The token is one line on standard output. It takes the next number of the outbox and counts as sent: who signs it and does
not send it leaves a gap. One that an earlier command could not send is printed first. To send it over HTTP (RFC 8935):
curl -H 'Content-Type: application/secevent+jwt' -H "Authorization: Bearer ..." --data-binary @event.jwt URL`;

/** Who says something, and with which key. */
interface SignerOptions {
  readonly provider: string;
  readonly issuer: string;
  readonly audience: string;
  readonly key: string;
  readonly outbox?: string;
}

interface MailboxOptions {
  readonly email: string;
  readonly pairKeys?: string;
  readonly clear?: boolean;
  readonly type: string;
  readonly event: Record<string, unknown>;
}

function aboutMailbox(command: Command): Command {
  return command
    .requiredOption('--email <address>', 'whom it is about')
    .option(
      '--pair-keys <file>',
      'name the mailbox by its pseudonym; the address does not leave this machine',
    )
    .option('--clear', 'name the mailbox by its address in clear, if the exchange allows it')
    .requiredOption('--type <type>', 'event type, e.g. credential-compromise, credential-change, resecured')
    .option(
      '--event <json>',
      "the event's own fields, as in its standard; times in epoch seconds",
      readObject,
      {},
    );
}

function mailboxEvent({
  email,
  pairKeys,
  clear,
  type,
  event,
}: MailboxOptions): Pick<PublishOptions, 'subject' | 'eventType' | 'event'> {
  if ((pairKeys === undefined) === (clear !== true)) {
    throw new CommandError('give either --pair-keys FILE or --clear');
  }
  return {
    subject:
      pairKeys === undefined
        ? { kind: 'email', email }
        : { kind: 'pseudonym', email, pairKeysFile: pairKeys },
    eventType: type,
    event,
  };
}

function withSigner(command: Command): Command {
  return command
    .requiredOption('--provider <id>', 'registered id, the last part of the NATS subject')
    .requiredOption('--issuer <url>', 'issuer (iss) as registered')
    .option('--audience <name>', 'audience (aud) of the exchange', 'urn:holdfast')
    .requiredOption('--key <file>', 'private signing key (from: feed keygen)')
    .option('--outbox <file>', 'counter and published tokens (default: <provider>.outbox.json)');
}

function withIdentity(command: Command): Command {
  return withSigner(command)
    .addOption(natsOption())
    .option('--creds <file>', 'credentials for the broker')
    .option('--push <url>', 'push to the exchange over HTTP (RFC 8935) in place of a broker')
    .option('--push-token-file <file>', 'with --push: the bearer token that the exchange registered')
    .option(
      '--wait <seconds>',
      'how long to wait for what the exchange says of it; 0: not at all',
      readSeconds,
      5,
    )
    .option(...JSON_FLAG)
    .addHelpText('after', PUBLISH_HELP);
}

const PUBLISH_HELP = `
Exit codes: 0 published, and the exchange accepted it or has not said yet; 1 not published, or refused by the exchange, e.g.
for a domain that is not the provider's own; 2 called wrongly.`;

function identityOf({
  provider,
  issuer,
  audience,
  key,
  ...rest
}: SignerOptions): Omit<ProviderIdentity, 'broker'> {
  return { provider, issuer, audience, keyFile: key, outboxFile: outboxOf({ provider, ...rest }) };
}

/** @throws CommandError */
async function wayOf(options: IdentityOptions): Promise<ProviderIdentity['broker']> {
  const { push: url, pushTokenFile } = options;
  if (url === undefined) {
    if (pushTokenFile !== undefined) throw new CommandError('--push-token-file: only with --push');
    return brokerOptions(options);
  }
  if (pushTokenFile === undefined) throw new CommandError('--push: give --push-token-file FILE as well');
  const { pushToken, requirePushUrl } = await import('../feed/provider/push-delivery.js');
  requirePushUrl(url);
  const bearerToken = readInput(pushTokenFile).trim();
  return { deliver: (token) => pushToken({ url, bearerToken }, token) };
}

async function publish(
  options: IdentityOptions,
  terminal: Terminal,
  run: (commands: ProviderCommands, identity: ProviderIdentity) => Promise<ToldEvent>,
): Promise<void> {
  const commands = await import('../feed/provider/commands.js');
  const published = await told(async () => {
    const broker = await wayOf(options);
    return run(commands, { ...identityOf(options), broker, waitMs: options.wait * 1_000 });
  });
  if (options.json) {
    terminal.out(json(published));
    return;
  }
  terminal.out(`published: jti ${published.jti}, number ${published.seq}`);
  if (published.fate === 'accepted') terminal.out('the exchange accepted it');
  else if (options.wait > 0) {
    terminal.err('the exchange has not said yet whether it accepted it: holdfast feed status --nats');
  }
}

function readSeconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,4}$/.test(text)) return value;
  throw new InvalidArgumentError('must be whole seconds, 0 to 9999');
}

function readAlgorithm(text: string): Algorithm {
  const algorithm = ALGORITHMS.find((known) => known === text);
  if (algorithm === undefined) throw new InvalidArgumentError(`must be one of ${ALGORITHMS.join(', ')}`);
  return algorithm;
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below, like any other text that is no object.
  }
  throw new InvalidArgumentError('must be a JSON object');
}

function readTime(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('must be a time: ISO 8601 or epoch seconds');
  return Math.floor(ms / 1000);
}

function readPart(text: string): number {
  const part = Number(text);
  if (!(part >= 0 && part <= 1)) throw new InvalidArgumentError('must be a number from 0 to 1');
  return part;
}
