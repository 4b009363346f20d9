import { setImmediate, setTimeout } from 'node:timers/promises';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { assessRequest, signalMessage } from '../../../src/cli/population/history-messages.js';
import { cohortBody, providerEventBody } from '../../../src/cli/population/synthetic-provider.js';
import type { Decision } from '../../../src/decision/vocabulary.js';
import { DECISIONS } from '../../../src/decision/vocabulary.js';
import { OutcomeLabel, RiskService } from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { MAX_WAITING } from '../../../src/policy/shadow/shadows.js';
import type { PopulationEvent, SyntheticWithdrawal } from '../../../src/population/index.js';
import { record } from '../../../src/server/risk/record.js';
import type { TrialService } from './trial-service.js';

const HOUR_MS = 3_600_000;
/** The clock moves this far at once: each step waits for the disk. */
const STEP_MS = 6 * HOUR_MS;
/** Calls in flight: enough to keep the service busy, few enough that nothing is shed. */
const CALLS_AT_ONCE = 32;
/** Half of what may wait for the shadows. */
const ASKED_BETWEEN_PAUSES = MAX_WAITING / 2;
const SIGNALS_A_CALL = 100;
const OUTCOMES_A_CALL = 500;
const TIMEOUT_MS = 60_000;
/** It lagged, or the call did not reach it in time. */
const TRY_AGAIN: ReadonlySet<unknown> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]);
/** What the service asks to wait when it sheds. */
const PUSHBACK_MS = 50;
/** One in so many withdrawals is never reported on, and one in so many is reported wrongly first. */
const NEVER_TOLD = 11;
const TOLD_WRONGLY_FIRST = 17;

/** What a caller was told, and the truth. */
export interface Answer {
  readonly assessmentId: string;
  readonly decision: Decision;
  readonly asked: SyntheticWithdrawal;
}

/**
 * Lets events happen to a service, a quarter of a day at a time: what exchanges and providers report first, then all
 * withdrawals of these hours, many at once.
 *
 * @param firstIndex of the first event, for ids
 */
export async function play(
  trial: TrialService,
  events: readonly PopulationEvent[],
  firstIndex: number,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let from = 0;
  while (from < events.length) {
    const step = stepOf(events[from]);
    let to = from;
    while (to < events.length && stepOf(events[to]) === step) to++;
    trial.clock.now = (step + 1) * STEP_MS;
    await playStep(trial, events.slice(from, to), firstIndex + from, answers);
    from = to;
  }
  return answers;
}

/** In which step of the clock it happens. */
export function stepOf(event: PopulationEvent | undefined): number {
  return Math.floor((event?.at ?? 0) / STEP_MS);
}

async function playStep(
  trial: TrialService,
  events: readonly PopulationEvent[],
  firstIndex: number,
  answers: Answer[],
): Promise<void> {
  const { service, client } = trial;
  const { journal, view } = service.stores;
  const signals: ReturnType<typeof signalMessage>[] = [];
  const withdrawals: { readonly asked: SyntheticWithdrawal; readonly id: string }[] = [];
  for (const [index, event] of events.entries()) {
    const id = `${firstIndex + index}`;
    switch (event.kind) {
      case 'signal':
        signals.push(signalMessage(event, `signal-${id}`));
        break;
      case 'provider-event': {
        const body = providerEventBody(event, `token-${id}`, service.pseudonyms);
        if (body !== undefined) record(journal, view, '', 'provider-event', () => body);
        break;
      }
      case 'cohort':
        record(journal, view, '', 'provider-event', () =>
          cohortBody(event, `token-${id}`, service.pseudonyms),
        );
        break;
      case 'withdrawal':
        withdrawals.push({ asked: event, id: `withdrawal-${id}` });
        break;
      default:
        event satisfies never;
    }
  }
  const batches = chunks(signals, SIGNALS_A_CALL);
  await manyAtOnce(batches, async (batch) => {
    const request = { signals: [...batch] };
    const { rejected } = await untilServed(() =>
      client.call(RiskService.method.reportSignals, request, TIMEOUT_MS),
    );
    if (rejected.length > 0) throw new Error(`a signal was rejected: ${rejected[0]?.cause}`);
  });
  for (const asking of chunks(withdrawals, ASKED_BETWEEN_PAUSES)) {
    await manyAtOnce(asking, async ({ asked, id }) => {
      const request = { ...assessRequest(asked, id), requestId: id };
      const answer = await untilServed(() =>
        client.call(RiskService.method.assessWithdrawal, request, TIMEOUT_MS),
      );
      const decision = DECISIONS[answer.decision - 1];
      if (decision === undefined) throw new Error('an answer without a decision');
      answers.push({ assessmentId: answer.assessmentId, decision, asked });
    });
    await shadowsDone();
  }
}

/**
 * The service is in this process, and each turn of the loop compares one answer at least: after so many turns nothing waits.
 * Without the pause a busy machine fills the shadows' queue, and what does not fit is left out, as it should be.
 */
async function shadowsDone(): Promise<void> {
  for (let turn = 0; turn < MAX_WAITING; turn += 1) await setImmediate();
}

/** What somebody says became of it; undefined: nobody ever says. */
export function toldOf(index: number, { asked }: Answer): 'FRAUD' | 'HONEST' | undefined {
  if (index % NEVER_TOLD === 0) return undefined;
  return asked.theft === undefined ? 'HONEST' : 'FRAUD';
}

/** Reports what became of everything; some of it wrongly first, and corrected later. */
export async function reportOutcomes(trial: TrialService, answers: readonly Answer[]): Promise<void> {
  const now = trial.clock.now;
  const outcomes = answers.flatMap((answer, index) => {
    const told = toldOf(index, answer);
    if (told === undefined) return [];
    const label = told === 'FRAUD' ? OutcomeLabel.FRAUD_CONFIRMED : OutcomeLabel.HONEST;
    const said = { assessmentId: answer.assessmentId, reportedBy: 'desk' };
    const right = { ...said, label, observedAt: timestampFromMs(now) };
    if (index % TOLD_WRONGLY_FIRST !== 0) return [right];
    const wrong = label === OutcomeLabel.HONEST ? OutcomeLabel.FRAUD_CONFIRMED : OutcomeLabel.UNKNOWN;
    return [right, { ...said, label: wrong, observedAt: timestampFromMs(now - HOUR_MS) }];
  });
  await manyAtOnce(chunks(outcomes, OUTCOMES_A_CALL), async (batch) => {
    const request = { outcomes: [...batch] };
    const { rejected } = await untilServed(() =>
      trial.client.call(RiskService.method.reportOutcome, request, TIMEOUT_MS),
    );
    if (rejected.length > 0) throw new Error(`an outcome was rejected: ${rejected[0]?.cause}`);
  });
}

/** As a caller does on a busy machine: comes again. All of these calls may be repeated, since each thing has its id. */
async function untilServed<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && TRY_AGAIN.has(error.code))) throw error;
      await setTimeout(PUSHBACK_MS);
    }
  }
}

function chunks<T>(items: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

async function manyAtOnce<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(CALLS_AT_ONCE, items.length) }, worker));
}
