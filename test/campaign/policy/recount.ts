import { decide, explain } from '../../../src/decision/index.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import type { CompiledPolicy } from '../../../src/decision/policy-model.js';
import type { Decision } from '../../../src/decision/vocabulary.js';
import { decodeEntry } from '../../../src/store/codec/entries.js';
import { decodeLogEntry } from '../../../src/store/log-entry.js';
import type { CountAndValue, PlainFlip, PlainSide, PlainSimulation } from './plain-figures.js';

// The slow way, on purpose: whole verdicts with their wording, lists that are filtered and sorted again for every figure.
// Nothing of `src/policy/simulate` is used.

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const BINS = 20;
const EXAMPLES = 5;

/** One assessment of the log, and what somebody says became of it. */
export interface Recorded {
  readonly id: string;
  readonly at: number;
  readonly decision: Decision;
  readonly input: AssessmentInput;
  readonly told: 'FRAUD' | 'HONEST' | undefined;
}

/** What one policy says of one assessment. */
export interface Said {
  readonly decision: Decision;
  readonly score: number;
  readonly tier: string;
  readonly holdMs: number;
  readonly scored: readonly (readonly [code: string, tenths: number])[];
  /** Locks and deny lists. */
  readonly others: readonly string[];
}

/** All assessments of a log from one position to another. */
export function recordedBetween(
  log: { get(position: number): Uint8Array | undefined },
  first: number,
  last: number,
  told: ReadonlyMap<string, 'FRAUD' | 'HONEST'>,
): readonly Recorded[] {
  const found: Recorded[] = [];
  for (let position = first; position <= last; position++) {
    const bytes = log.get(position);
    if (bytes === undefined) continue;
    const { id, kind, receivedAt, payload } = decodeLogEntry(position, bytes);
    const body = decodeEntry(kind, payload);
    if (body.kind !== 'assessment') continue;
    const { input, decision } = body;
    found.push({ id, at: receivedAt, decision, input, told: told.get(id) });
  }
  return found;
}

/** Decisions between which the service, which runs on this thread too, answers its peer: a connection that does not is dropped. */
const SLICE_ITEMS = 1_000;

/** What a policy says of each. */
export async function allSaidBy(policy: CompiledPolicy, all: readonly Recorded[]): Promise<readonly Said[]> {
  const said: Said[] = [];
  for (const one of all) {
    said.push(saidBy(policy, one));
    if (said.length % SLICE_ITEMS === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return said;
}

function saidBy(policy: CompiledPolicy, { input }: Recorded): Said {
  const verdict = decide(input, policy);
  const needsEnd = verdict.decision === 'HOLD';
  const until = needsEnd ? explain(input, policy, verdict).holdUntil : undefined;
  const unscored = new Set([...policy.locks, ...policy.lists].map(({ code }) => code));
  return {
    decision: verdict.decision,
    score: verdict.score,
    tier: verdict.tier,
    holdMs: until === undefined ? 0 : until - input.now,
    scored: verdict.reasons
      .filter(({ points }) => points !== 0)
      .map(({ code, points }) => [code, points] as const),
    others: verdict.reasons
      .filter(({ code, points }) => points === 0 && unscored.has(code))
      .map(({ code }) => code),
  };
}

interface Pair {
  readonly one: Recorded;
  readonly was: Said;
  readonly is: Said;
}

/** What a simulation over these must say. */
export function recount(
  all: readonly Recorded[],
  before: readonly Said[],
  after: readonly Said[],
): PlainSimulation {
  const days = daysOf(all);
  const pairs = all.map((one, index): Pair => ({ one, was: at(before, index), is: at(after, index) }));
  const names = new Set(pairs.filter(differs).map(({ was, is }) => `${was.decision}>${is.decision}`));
  return {
    replayed: all.length,
    before: sideOf(all, before, days),
    after: sideOf(all, after, days),
    flips: Object.fromEntries(
      [...names].map((name) => [
        name,
        flipOf(pairs.filter(({ was, is }) => `${was.decision}>${is.decision}` === name)),
      ]),
    ),
    codes: codesOf(before, after),
  };
}

/** Days from the first to the last, at least 1. */
export function daysOf(all: readonly Recorded[]): number {
  const times = all.map((one) => one.at).sort((a, b) => a - b);
  return Math.max(1, ((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS);
}

/** What one policy decides over all of them. */
export function sideOf(all: readonly Recorded[], said: readonly Said[], days: number): PlainSide {
  const both = all.map((one, index) => ({ one, said: at(said, index) }));
  const those = (told: Recorded['told'], ...decisions: readonly Decision[]) =>
    both.filter((pair) => pair.one.told === told && decisions.includes(pair.said.decision));
  const holds = both.filter((pair) => pair.said.decision === 'HOLD');
  const caught = those('FRAUD', 'HOLD', 'REJECT');
  const frauds = all.filter(({ told }) => told === 'FRAUD').length;
  const falseHolds = those('HONEST', 'HOLD', 'REJECT').length;
  const minutes = holds
    .filter(({ one }) => one.told === 'HONEST')
    .map((pair) => Math.floor(pair.said.holdMs / MINUTE_MS))
    .sort((a, b) => a - b);
  const median = minutes[Math.ceil(minutes.length / 2) - 1];
  const sum = ({ one }: { one: Recorded }): Recorded => one;
  return {
    decisions: Object.fromEntries(
      (['ALLOW', 'STEP_UP', 'HOLD', 'REJECT'] as const).map((decision) => [
        decision,
        amountOf(both.filter((pair) => pair.said.decision === decision).map(sum)),
      ]),
    ),
    histogram: Array.from(
      { length: BINS },
      (_, bin) =>
        said.filter(({ score }) => Math.min(BINS - 1, Math.floor(score / (1000 / BINS))) === bin).length,
    ),
    holdsPerDay: holds.length / days,
    stepUpsPerDay: said.filter(({ decision }) => decision === 'STEP_UP').length / days,
    delayHours: holds.reduce((total, pair) => total + pair.said.holdMs, 0) / HOUR_MS,
    caught: caught.length,
    challenged: those('FRAUD', 'STEP_UP').length,
    missed: those('FRAUD', 'ALLOW').length,
    falseHolds,
    falseStepUps: those('HONEST', 'STEP_UP').length,
    precision: caught.length + falseHolds === 0 ? undefined : caught.length / (caught.length + falseHolds),
    recall: frauds === 0 ? undefined : caught.length / frauds,
    valueSaved: amountOf(caught.map(sum))[1],
    medianHonestHoldHours: median === undefined ? undefined : median / 60,
  };
}

function flipOf(pairs: readonly Pair[]): PlainFlip {
  const by = (nameOf: (pair: Pair) => string): Record<string, CountAndValue> =>
    Object.fromEntries(
      [...new Set(pairs.map(nameOf))].map((name) => [
        name,
        amountOf(pairs.filter((pair) => nameOf(pair) === name).map(({ one }) => one)),
      ]),
    );
  return {
    all: amountOf(pairs.map(({ one }) => one)),
    fraud: pairs.filter(({ one }) => one.told === 'FRAUD').length,
    honest: pairs.filter(({ one }) => one.told === 'HONEST').length,
    tiers: by(({ was }) => was.tier),
    operators: by(({ one }) => operatorOf(one)),
    examples: pairs
      .map(
        ({ one, was, is }) =>
          [one.id, (one.input.request.value ?? 0) / 100, was.score / 10, is.score / 10] as const,
      )
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, EXAMPLES),
  };
}

function codesOf(before: readonly Said[], after: readonly Said[]): PlainSimulation['codes'] {
  const codes: Record<string, [number, number, number, number]> = {};
  const rowOf = (code: string): [number, number, number, number] => {
    codes[code] ??= [0, 0, 0, 0];
    return codes[code];
  };
  for (const [hits, points, side] of [
    [0, 2, before],
    [1, 3, after],
  ] as const) {
    for (const { scored, others } of side) {
      for (const [code, tenths] of scored) {
        rowOf(code)[hits] += 1;
        rowOf(code)[points] += tenths;
      }
      for (const code of others) rowOf(code)[hits] += 1;
    }
  }
  for (const row of Object.values(codes)) {
    row[2] /= 10;
    row[3] /= 10;
  }
  return codes;
}

function differs({ was, is }: Pair): boolean {
  return was.decision !== is.decision;
}

function amountOf(all: readonly Recorded[]): CountAndValue {
  return [all.length, all.reduce((total, { input }) => total + (input.request.value ?? 0), 0) / 100];
}

function operatorOf({ input }: Recorded): string {
  for (const { link } of input.mailboxes) {
    if (link.alias === input.request.mailbox) return link.operator ?? 'other';
  }
  return input.mailboxes[0]?.link.operator ?? 'other';
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}
