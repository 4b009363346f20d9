import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../config.js';
import { Decision, FeedState } from '../../gen/holdfast/v1/decision_pb.js';
import { FeedService } from '../../gen/holdfast/v1/feed_service_pb.js';
import { type AssessWithdrawalResponse, RiskService } from '../../gen/holdfast/v1/risk_service_pb.js';
import { type Service, startService } from '../../service.js';
import { GrpcClient } from '../grpc-client.js';
import { startProblem } from '../serve.js';
import { table } from '../table.js';
import { EXIT, json, styled, styledDecision, type Terminal } from '../terminal.js';
import { goOn } from './go-on.js';
import { type MailProvider, startMailProvider } from './mail-provider.js';
import { type Scene, story } from './story.js';

export interface DemoOptions {
  readonly json?: boolean;
  readonly keep?: boolean;
  /** False: do not look for a broker. */
  readonly nats?: boolean;
}

/** One answer of the story. */
interface Told {
  readonly scene: string;
  readonly who: string;
  readonly decision: string;
  readonly score: number;
  readonly holdUntil: Date | undefined;
  readonly reasons: readonly string[];
  readonly untrusted: boolean;
}

/**
 * `holdfast demo`: starts a service on defaults in a temporary folder, plays the story through its gRPC port, shows
 * what was answered, and removes the folder again.
 *
 * @returns the exit code
 */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-'));
  try {
    return await play(folder, options, terminal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function play(folder: string, options: DemoOptions, terminal: Terminal): Promise<number> {
  const mail = options.nats === false ? undefined : await startMailProvider(folder);
  const provider = mail?.kind === 'started' ? mail.provider : undefined;
  try {
    const code = await playWith(provider, folder, options, terminal);
    if (mail?.kind === 'no-broker' && !options.json) tellWhatIsMissing(mail.why, terminal);
    return code;
  } finally {
    await provider?.stop();
  }
}

function tellWhatIsMissing(why: string, terminal: Terminal): void {
  const titles = story(0).filter((scene) => scene.needsProvider);
  terminal.err(
    `\nLeft out, since they need a NATS server: ${titles.map(({ title }) => title).join('; ')}.\n${why}`,
  );
}

async function playWith(
  provider: MailProvider | undefined,
  folder: string,
  options: DemoOptions,
  terminal: Terminal,
): Promise<number> {
  // A demo must not depend on, or disturb, what else is set or runs on the machine.
  const read = readConfig({
    HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
    HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
    HOLDFAST_DATA_DIR: join(folder, 'data'),
    HOLDFAST_LOG_LEVEL: 'silent',
    ...(provider === undefined
      ? {}
      : { HOLDFAST_NATS_URL: provider.natsUrl, HOLDFAST_PROVIDERS_FILE: provider.providersFile }),
  });
  if (read.kind === 'invalid') throw new Error(read.problems.join('; '));
  let service: Service;
  try {
    service = await startService(read.config);
  } catch (error) {
    terminal.err(startProblem(error));
    return EXIT.failed;
  }
  const client = new GrpcClient(service.grpcAddress);
  try {
    if (provider !== undefined) {
      await provider.heartbeat();
      await settled(client, 0);
      if (!options.json) terminal.out(`A mail provider speaks over nats-server ${provider.brokerVersion}.`);
    }
    const told: Told[] = [];
    for (const scene of story(Date.now())) {
      if (scene.needsProvider && provider === undefined) continue;
      told.push(...(await playScene(scene, client, provider)));
      if (!options.json) tellScene(scene, told, terminal);
    }
    if (options.json) terminal.out(json(told));
    else terminal.out(goOn(terminal));
    if (options.keep) await untilInterrupted(service, terminal);
  } finally {
    client.close();
    await service.stop('the demo is over');
  }
  return EXIT.ok;
}

async function untilInterrupted(service: Service, terminal: Terminal): Promise<void> {
  terminal.out(`\nThe service of the demo goes on at ${service.grpcAddress} until Ctrl-C.`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

/** A provider's event counts a moment after the broker has it. */
const SETTLE_TIMEOUT_MS = 10_000;
const SETTLE_POLL_MS = 10;

async function acceptedCount(
  client: GrpcClient,
): Promise<{ readonly fresh: boolean; readonly count: number }> {
  const { feeds } = await client.call(FeedService.method.listFeeds, {});
  return {
    fresh: feeds.every((feed) => feed.state === FeedState.FRESH),
    count: feeds.reduce((sum, feed) => sum + Number(feed.acceptedCount), 0),
  };
}

/** Waits until more than `before` events were accepted (0: until the feed is fresh). */
async function settled(client: GrpcClient, atLeast: number): Promise<void> {
  const giveUpAt = performance.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const { fresh, count } = await acceptedCount(client);
    if (fresh && count >= atLeast) return;
    if (performance.now() > giveUpAt) throw new Error('the provider event was not accepted in time');
    await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
  }
}

async function playScene(
  scene: Scene,
  client: GrpcClient,
  provider: MailProvider | undefined,
): Promise<Told[]> {
  const told: Told[] = [];
  for (const step of scene.steps) {
    switch (step.kind) {
      case 'signals':
        await client.call(RiskService.method.reportSignals, { signals: [...step.signals] });
        break;
      case 'ask': {
        const answer = await client.call(RiskService.method.assessWithdrawal, step.request);
        told.push(toldOf(scene.title, step.who, answer));
        break;
      }
      case 'provider': {
        if (provider === undefined) break;
        const { count } = await acceptedCount(client);
        await provider.say(step.what);
        await settled(client, count + 1);
        break;
      }
      default:
        step satisfies never;
    }
  }
  return told;
}

function toldOf(scene: string, who: string, answer: AssessWithdrawalResponse): Told {
  const { holdUntil } = answer;
  return {
    scene,
    who,
    decision: Decision[answer.decision],
    score: answer.score,
    holdUntil: holdUntil === undefined ? undefined : new Date(Number(holdUntil.seconds) * 1000),
    reasons: answer.reasons.map((reason) => reason.code),
    untrusted: answer.untrustedChannels.length > 0,
  };
}

function tellScene(scene: Scene, all: readonly Told[], terminal: Terminal): void {
  terminal.out(`\n${styled(terminal, 'bold', scene.title)}  ${styled(terminal, 'dim', scene.what)}`);
  const rows = all
    .filter((one) => one.scene === scene.title)
    .map((one) => [
      one.who,
      styledDecision(terminal, one.decision),
      one.score.toFixed(1),
      one.holdUntil === undefined ? '-' : one.holdUntil.toISOString().replace('.000', ''),
      shortReasons(one.reasons),
    ]);
  terminal.out(
    table(
      terminal,
      [
        { title: 'WHO' },
        { title: 'DECISION' },
        { title: 'SCORE', align: 'right' },
        { title: 'HOLD UNTIL' },
        { title: 'REASONS', maxWidth: 100 },
      ],
      rows,
    ),
  );
}

/** Enough of the reasons to tell answers apart; all of them are in the answer itself, and in `--json`. */
const SHOWN_REASONS = 4;

function shortReasons(reasons: readonly string[]): string {
  if (reasons.length === 0) return '-';
  const shown = reasons.slice(0, SHOWN_REASONS).join(', ');
  const left = reasons.length - SHOWN_REASONS;
  return left > 0 ? `${shown}, and ${left} more` : shown;
}
