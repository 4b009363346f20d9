import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { GetFeedRequestSchema, GetFeedResponseSchema } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import {
  AssessWithdrawalRequestSchema,
  AssessWithdrawalResponseSchema,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { type BenchCase, type CaseResult, type Figure, figure, type RunOptions } from '../figure.js';
import { MailProvider } from '../fixtures/mail-provider.js';
import { person } from '../fixtures/population.js';
import { withState } from '../fixtures/state.js';
import { usualWithdrawal } from '../fixtures/withdrawals.js';
import { type AssessLoad, loadWithAssessments } from '../load/assess-load.js';
import { framedMessage, grpcFrame } from '../load/grpc-frame.js';
import { type LatencySlot, latencyHistogram } from '../load/open-loop.js';
import { UnaryClient } from '../load/unary-client.js';
import { pairedRatios } from '../measure/statistics.js';
import { CACHE_FOLDER } from '../paths.js';
import { ASSESS_PATH, type RunningHoldfast, startHoldfast } from '../sides/holdfast.js';
import { startNatsBroker } from '../sides/nats-broker.js';

interface Effort {
  readonly accounts: number;
  /** Events whose way to the first changed answer is timed. */
  readonly visibleEvents: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Messages that wait in the broker when a flood begins: more than are taken in during the load. */
  readonly backlog: number;
}

const FULL: Effort = { accounts: 1_000_000, visibleEvents: 300, rounds: 5, seconds: 8, backlog: 80_000 };
const SHORT: Effort = { accounts: 10_000, visibleEvents: 50, rounds: 1, seconds: 3, backlog: 30_000 };

const RATE_PER_SECOND = 500;
const GET_FEED_PATH = '/holdfast.v1.FeedService/GetFeed';
/** Nothing of the feed should take longer; if it does, something is wrong. */
const PATIENCE_MS = 30_000;

export const feedCase: BenchCase = {
  name: 'feed',
  title: 'Provider events over NATS: rate, time until they count, and what a flood does to answers',
  run: (options) => {
    const effort = options.short ? SHORT : FULL;
    return withState(effort.accounts, options.progress, (folder) => measure(folder, effort, options));
  },
};

async function measure(dataFolder: string, effort: Effort, options: RunOptions): Promise<CaseResult> {
  const broker = await startNatsBroker();
  const keysFolder = mkdtempSync(join(CACHE_FOLDER, 'provider-'));
  const provider = await MailProvider.open(keysFolder, broker.url);
  const start = () =>
    startHoldfast({
      name: 'holdfast',
      dataFolder,
      audit: 'relaxed',
      env: { HOLDFAST_NATS_URL: broker.url, HOLDFAST_PROVIDERS_FILE: provider.registryFile },
    });
  try {
    const visibleMs = await whileRunning(start, async (service) => {
      await provider.whenStreamIsThere();
      await provider.publish([await provider.signHeartbeat()]);
      return timeUntilVisible(service, provider, effort);
    });
    options.progress(`${visibleMs.length} events became visible`);
    const quiet: LatencySlot[] = [];
    const flooded: Flood[] = [];
    for (let round = 0; round < effort.rounds; round += 1) {
      const load = { ratePerSecond: RATE_PER_SECOND, seconds: effort.seconds, accounts: effort.accounts };
      const name = `feed-${Date.now()}`;
      quiet.push(
        await whileRunning(start, async ({ address }) => {
          return loadWithAssessments({ ...load, address, runName: `${name}-quiet`, run: round });
        }),
      );
      options.progress(
        `round ${round + 1}/${effort.rounds} quiet: p99 ${ms(quiet.at(-1)?.p99)} ms; signing a flood`,
      );
      await publishFlood(provider, effort.backlog, round);
      const flood = await whileRunning(start, (service) =>
        underFlood(service, { ...load, address: service.address, runName: `${name}-flood`, run: round }),
      );
      flooded.push(flood);
      options.progress(
        `round ${round + 1}/${effort.rounds} flood: p99 ${ms(flood.slot.p99)} ms, ${Math.round(flood.besideAnswers)} events/s, alone ${Math.round(flood.alone)}`,
      );
    }
    return {
      figures: [
        figure(
          'feed.rate',
          `verified and applied, beside ${RATE_PER_SECOND} answers/s`,
          'events/s',
          flooded.map(({ besideAnswers }) => besideAnswers),
        ),
        figure(
          'feed.rate.alone',
          'verified and applied, nothing else to do',
          'events/s',
          flooded.map(({ alone }) => alone),
        ),
        figure('feed.visible.each', 'publish to first changed answer, each', 'ms', visibleMs),
        figure('feed.visible.p50', 'publish to first changed answer: p50', 'ms', [quantile(visibleMs, 50)]),
        figure('feed.visible.p99', 'publish to first changed answer: p99', 'ms', [quantile(visibleMs, 99)]),
        ...answerFigures('quiet', 'answers without a flood', quiet),
        ...answerFigures(
          'flood',
          'answers during a flood',
          flooded.map(({ slot }) => slot),
        ),
        figure(
          'feed.p99.flood-over-quiet',
          'answers: p99 flood / quiet',
          'ratio',
          pairedRatios(
            flooded.map(({ slot }) => slot.p99),
            quiet.map(({ p99 }) => p99),
          ),
        ),
      ],
      notes: [
        `nats-server ${broker.version} on the same two cores; EdDSA signatures; ${effort.accounts.toLocaleString('en-US')} accounts, relaxed audit.`,
        'A flood is a backlog that waits in the broker when the service starts, taken in as fast as it can be.',
      ],
    };
  } finally {
    await provider.close();
    await broker.stop();
    rmSync(keysFolder, { recursive: true, force: true });
  }
}

/** One slot of answers while a backlog is taken in, then the rest of the backlog alone. */
interface Flood {
  readonly slot: LatencySlot;
  /** Events a second in the last seconds of the load, its warm-up left out. */
  readonly besideAnswers: number;
  /** Events a second when the load is over. */
  readonly alone: number;
}

interface Reading {
  readonly atMs: number;
  readonly status: FeedStatus;
}

async function read(service: RunningHoldfast): Promise<Reading> {
  const status = await feedStatus(service);
  return { atMs: performance.now(), status };
}

function eventsPerSecond(from: Reading, to: Reading): number {
  return ((to.status.accepted - from.status.accepted) * 1_000) / (to.atMs - from.atMs);
}

async function underFlood(service: RunningHoldfast, load: AssessLoad): Promise<Flood> {
  const readings: Reading[] = [await read(service)];
  let isOver = false;
  const loading = loadWithAssessments(load).finally(() => {
    isOver = true;
  });
  // Its failure is seen where it is awaited.
  loading.catch(() => undefined);
  while (!isOver) {
    await pause(READ_EVERY_MS);
    readings.push(await read(service));
  }
  const slot = await loading;
  const end = await read(service);
  if (end.status.pending === 0) throw new Error('the flood ended before the load: the backlog is too small');
  // The measured calls are the last that the load makes.
  const measuredFrom = end.atMs - load.seconds * 1_000;
  const begin = readings.find(({ atMs }) => atMs >= measuredFrom) ?? end;
  await drained(service);
  return {
    slot,
    besideAnswers: eventsPerSecond(begin, end),
    alone: eventsPerSecond(end, await read(service)),
  };
}

function answerFigures(name: string, label: string, slots: readonly LatencySlot[]): readonly Figure[] {
  return [
    figure(
      `feed.p99.${name}`,
      `${label}: p99`,
      'ms',
      slots.map(({ p99 }) => p99 / 1_000),
    ),
    figure(
      `feed.${name}.refused`,
      `${label}: refused for overload`,
      'ratio',
      slots.map(({ refused, calls }) => refused / calls),
    ),
  ];
}

function ms(micros = 0): string {
  return (micros / 1_000).toFixed(2);
}

async function whileRunning<T>(
  start: () => Promise<RunningHoldfast>,
  work: (service: RunningHoldfast) => Promise<T>,
): Promise<T> {
  const service = await start();
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}

/** Asks again and again about an account while a compromise of its mailbox is on its way. In milliseconds, by event. */
async function timeUntilVisible(
  service: RunningHoldfast,
  provider: MailProvider,
  { accounts, visibleEvents }: Effort,
): Promise<readonly number[]> {
  const client = await UnaryClient.open(service.address, ASSESS_PATH, 1);
  const times: number[] = [];
  try {
    // Accounts that nobody else asks about: they stay compromised.
    for (let index = accounts; times.length < visibleEvents; index += 1) {
      const { email } = person(index);
      if (!email.endsWith('@att.net')) continue;
      const frame = dryRunFrame(index);
      if ((await decisionOf(client, frame)) !== Decision.ALLOW)
        throw new Error('a quiet account is not allowed');
      const token = await provider.signCompromise(email);
      const publishedAt = performance.now();
      const published = provider.publish([token]);
      while ((await decisionOf(client, frame)) === Decision.ALLOW) {
        if (performance.now() - publishedAt > PATIENCE_MS) throw new Error('an event did not become visible');
      }
      times.push(performance.now() - publishedAt);
      await published;
    }
  } finally {
    await client.close();
  }
  return times;
}

function dryRunFrame(index: number): Buffer {
  const request = usualWithdrawal(index, { withdrawalId: `visible-${index}`, requestId: '' }, Date.now());
  return grpcFrame(toBinary(AssessWithdrawalRequestSchema, { ...request, dryRun: true }));
}

async function decisionOf(client: UnaryClient, frame: Buffer): Promise<Decision> {
  const end = await client.call(frame);
  if (end.grpcStatus !== 0) throw new Error(`answered ${end.grpcStatus} ${end.grpcMessage}`);
  return fromBinary(AssessWithdrawalResponseSchema, framedMessage(end.body)).decision;
}

/** About mailboxes of nobody, so that answers stay what they are. */
async function publishFlood(provider: MailProvider, count: number, round: number): Promise<void> {
  const tokens = [];
  for (let at = 0; at < count; at += 1) {
    tokens.push(await provider.signCompromise(`nobody.${round}.${at}@att.net`));
  }
  await provider.publish(tokens);
}

interface FeedStatus {
  readonly accepted: number;
  readonly pending: number;
}

async function feedStatus(service: RunningHoldfast): Promise<FeedStatus> {
  const client = await UnaryClient.open(service.address, GET_FEED_PATH, 1);
  try {
    const request = create(GetFeedRequestSchema, { provider: 'att' });
    const end = await client.call(grpcFrame(toBinary(GetFeedRequestSchema, request)));
    if (end.grpcStatus !== 0) throw new Error(`answered ${end.grpcStatus} ${end.grpcMessage}`);
    const { feed } = fromBinary(GetFeedResponseSchema, framedMessage(end.body));
    if (feed === undefined) throw new Error('the service does not know the feed');
    if (feed.quarantined.length > 0) throw new Error(`messages were refused: ${feed.quarantined[0]?.reason}`);
    return { accepted: Number(feed.acceptedCount), pending: Number(feed.pendingCount) };
  } finally {
    await client.close();
  }
}

const LOOK_EVERY_MS = 100;
/** Seldom enough to cost nothing beside the answers. */
const READ_EVERY_MS = 500;

async function drained(service: RunningHoldfast): Promise<void> {
  const startedAt = performance.now();
  while ((await feedStatus(service)).pending > 0) {
    if (performance.now() - startedAt > 4 * PATIENCE_MS) throw new Error('the feed does not catch up');
    await pause(LOOK_EVERY_MS);
  }
}

function quantile(milliseconds: readonly number[], percent: number): number {
  const histogram = latencyHistogram();
  for (const value of milliseconds) histogram.recordValue(Math.max(1, Math.round(value * 1_000)));
  return histogram.getValueAtPercentile(percent) / 1_000;
}
