/**
 * A child that asks a running service about many accounts, in an open loop, and prints what it measured as JSON. A process
 * of its own, so that nothing but the load runs on its thread. Its argument is an {@link AssessLoad} as JSON.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { AssessWithdrawalResponseSchema } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { chance } from '../fixtures/population.js';
import { usualWithdrawalFrame } from '../fixtures/withdrawals.js';
import { ASSESS_PATH } from '../sides/holdfast.js';
import { AnswerShelf } from './answer-shelf.js';
import type { AssessLoad } from './assess-load.js';
import { framedMessage } from './grpc-frame.js';
import type { LatencySlot } from './open-loop.js';
import { runScheduledCalls } from './scheduled-calls.js';
import { type CallEnd, UnaryClient } from './unary-client.js';
import { WRONG_ANSWER_EXIT_CODE, WrongAnswerError } from './wrong-answer.js';

/**
 * Calls before the measured ones, as fast as few at a time go: a process that has answered fewer still runs code that is
 * not compiled, and is several times slower than it stays.
 */
const WARM_UP_CALLS = 20_000;
const WARM_UP_IN_FLIGHT = 8;

const CONNECTIONS = 4;
const ACCOUNT_SALT = 21;

const [argument = '{}'] = process.argv.slice(2);
const load: AssessLoad = JSON.parse(argument);

/** Made before the clock starts: making them costs more than sending them. */
function framesFor(calls: number, salt: number): readonly Buffer[] {
  const nowMs = Date.now();
  return Array.from({ length: calls }, (_, at) => {
    const index = Math.floor(chance(at, ACCOUNT_SALT + load.run * 2 + salt) * load.accounts);
    const name = `${load.runName}-${load.run}-${salt}-${at}`;
    return usualWithdrawalFrame(index, { withdrawalId: `w-${name}`, requestId: `r-${name}` }, nowMs);
  });
}

async function measure(client: UnaryClient, frames: readonly Buffer[]): Promise<LatencySlot> {
  const answers = new AnswerShelf(frames.length);
  const slot = await runScheduledCalls(client, {
    ratePerSecond: load.ratePerSecond,
    frames,
    onEnd: (end) => {
      const isRefused = isOverload(end);
      if (!isRefused) answers.put(end);
      return isRefused;
    },
  });
  let checked = 0;
  for (const end of answers) {
    check(end);
    checked += 1;
  }
  if (checked + slot.refused !== frames.length) {
    throw new WrongAnswerError(`${frames.length} calls, ${checked} answers and ${slot.refused} refusals`);
  }
  return slot;
}

const UNAVAILABLE = 14;

/** A machine that is too slow for the rate shows in refusals: a result, not a mistake. */
function isOverload(end: CallEnd): boolean {
  return end.grpcStatus === UNAVAILABLE && end.grpcMessage.includes('overloaded');
}

/** Answers are looked at here too: what is wrong is wrong at any speed. */
function warmUp(client: UnaryClient, frames: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let over = 0;
    const next = () => {
      const frame = frames[sent];
      if (frame === undefined) return;
      sent += 1;
      client.send(frame, (end) => {
        try {
          if (!isOverload(end)) check(end);
        } catch (error) {
          reject(error);
          return;
        }
        over += 1;
        if (over === frames.length) resolve();
        else next();
      });
    };
    for (let at = 0; at < WARM_UP_IN_FLIGHT; at += 1) next();
  });
}

/** Every answer is looked at, after the clock has stopped. The echo says the same to all. */
function check(end: CallEnd): void {
  if (end.grpcStatus !== 0) throw new WrongAnswerError(`answered ${end.grpcStatus} ${end.grpcMessage}`);
  const answer = fromBinary(AssessWithdrawalResponseSchema, framedMessage(end.body));
  if (answer.decision !== Decision.ALLOW || answer.assessmentId === '') {
    throw new WrongAnswerError(
      `decided ${Decision[answer.decision]}: ${answer.reasons.map(({ code }) => code).join(', ')}`,
    );
  }
}

async function run(): Promise<LatencySlot> {
  const client = await UnaryClient.open(load.address, ASSESS_PATH, CONNECTIONS);
  await warmUp(client, framesFor(WARM_UP_CALLS, 0));
  const frames = framesFor(load.ratePerSecond * load.seconds, 1);
  // What was made up to here would be collected while others are measured.
  globalThis.gc?.();
  const slot = await measure(client, frames);
  await client.close();
  return slot;
}

try {
  process.stdout.write(JSON.stringify(await run()));
} catch (error) {
  if (!(error instanceof WrongAnswerError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(WRONG_ANSWER_EXIT_CODE);
}
