import { setTimeout as pause } from 'node:timers/promises';
import type { RunningSide } from '../sides/side.js';
import { framedMessage } from './grpc-frame.js';
import { MachineTooBusyError } from './machine-too-busy.js';
import { UnaryClient } from './unary-client.js';
import { WrongAnswerError } from './wrong-answer.js';

/** Between two checked answers while a side is under full load: often enough to see any, seldom enough to cost nothing. */
const CHECK_EVERY_MS = 25;

const UNAVAILABLE = 14;

/** What the checked answers looked like. */
export interface SampledAnswers {
  readonly checked: number;
  readonly smallestBytes: number;
  readonly largestBytes: number;
}

/**
 * Asks a side its own questions, one after another, and checks each answer, for as long as some work goes on.
 *
 * @throws WrongAnswerError at the first wrong answer
 */
export async function checkAnswersDuring(side: RunningSide, work: Promise<unknown>): Promise<SampledAnswers> {
  const client = await UnaryClient.open(side.address, side.path, 1);
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  let checked = 0;
  let smallestBytes = Number.POSITIVE_INFINITY;
  let largestBytes = 0;
  try {
    while (!isOver || checked < side.frames.length) {
      const frame = side.frames[checked % side.frames.length];
      if (frame === undefined) break;
      const message = await checkedAnswer(side, client, frame);
      smallestBytes = Math.min(smallestBytes, message.length);
      largestBytes = Math.max(largestBytes, message.length);
      checked += 1;
      await pause(CHECK_EVERY_MS);
    }
  } finally {
    await client.close();
  }
  await over;
  return { checked, smallestBytes, largestBytes };
}

/**
 * One answer, checked.
 *
 * @throws WrongAnswerError when it is an error or not the expected one
 * @throws MachineTooBusyError when it is a refusal for overload
 */
export async function checkedAnswer(side: RunningSide, client: UnaryClient, frame: Buffer): Promise<Buffer> {
  const end = await client.call(frame);
  if (end.grpcStatus === UNAVAILABLE && end.grpcMessage.includes('overloaded')) {
    throw new MachineTooBusyError(`${side.name} refused a call for overload`);
  }
  if (end.grpcStatus !== 0)
    throw new WrongAnswerError(`${side.name} answered ${end.grpcStatus} ${end.grpcMessage}`);
  const message = framedMessage(end.body);
  const problem = side.problemOf(message);
  if (problem !== undefined) throw new WrongAnswerError(`${side.name}: ${problem}`);
  return message;
}
