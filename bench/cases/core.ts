import { isDeepStrictEqual } from 'node:util';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import type { Verdict } from '../../src/decision/verdict.js';
import type { Decision } from '../../src/decision/vocabulary.js';
import { type BenchCase, type CaseResult, figure, type RunOptions } from '../figure.js';
import {
  quietInput,
  takeoverInput,
  typicalInput,
  worstHeldInput,
  worstInput,
} from '../fixtures/assessment-inputs.js';
import { defaultPolicy } from '../fixtures/default-policy.js';
import { WrongAnswerError } from '../load/wrong-answer.js';
import { alternating } from '../measure/alternate.js';
import { pairedRatios } from '../measure/statistics.js';
import { jsonRulesEngine } from '../sides/json-rules-engine.js';
import { type LeftBehind, richAfterUsual } from './rich-after-usual.js';

/** One thing that is timed. */
interface Subject {
  readonly id: string;
  readonly label: string;
  /** Runs in a slot; chosen so that slots last some 10 ms. */
  readonly runs: number;
  /** Checks each answer. */
  readonly run: (times: number) => void | Promise<void>;
}

/** What `decide` must answer, beside the time it takes. */
interface Expected {
  readonly decision: Decision;
  /** Reasons, in order. */
  readonly codes: readonly string[];
}

const ROUNDS = { full: 31, short: 9 };
/** Processes that meet rich evidence after usual one. */
const PROCESSES = { full: 3, short: 1 };
/** Of each subject alike: code that is not compiled yet is several times slower. */
const WARM_UP_MS = 500;

export const coreCase: BenchCase = {
  name: 'core',
  title: 'The decision alone: decide and explain, and the same score rules in json-rules-engine',
  run: measure,
};

async function measure({ short, progress }: RunOptions): Promise<CaseResult> {
  const policy = defaultPolicy();
  const subjects = subjectsOf(policy);
  const micros = new Map<string, number[]>(subjects.map(({ id }) => [id, []]));
  for (const subject of subjects) {
    progress(`warming up ${subject.label}`);
    const until = performance.now() + WARM_UP_MS;
    do await subject.run(subject.runs);
    while (performance.now() < until);
  }
  for (const { side } of alternating(subjects, short ? ROUNDS.short : ROUNDS.full)) {
    const startedAt = performance.now();
    await side.run(side.runs);
    micros.get(side.id)?.push(((performance.now() - startedAt) * 1_000) / side.runs);
  }
  const samples = (id: string) => micros.get(id) ?? [];
  const left: LeftBehind[] = [];
  for (let process = 0; process < (short ? PROCESSES.short : PROCESSES.full); process += 1) {
    progress('the typical case before and after rich evidence, in a process of its own');
    left.push(await richAfterUsual());
  }
  return {
    figures: [
      ...subjects.map(({ id, label }) => figure(id, label, 'µs', samples(id))),
      figure(
        'core.faster-than-json-rules-engine',
        'decide against json-rules-engine',
        'times',
        pairedRatios(samples('core.json-rules-engine'), samples('core.decide.typical')),
      ),
      figure(
        'core.decide.typical-over-json',
        'decide, typical evidence / the same input through JSON',
        'ratio',
        pairedRatios(samples('core.decide.typical'), samples('core.json')),
      ),
      figure(
        'core.decide.worst-over-typical',
        'decide, every list full / typical evidence',
        'ratio',
        pairedRatios(samples('core.decide.worst'), samples('core.decide.typical')),
      ),
      figure(
        'core.explain.worst-over-typical',
        'explain, every list full / decide, typical evidence',
        'ratio',
        pairedRatios(samples('core.explain.worst'), samples('core.decide.typical')),
      ),
      figure(
        'core.decide.typical-after-rich',
        'decide, typical evidence, after rich / before, CPU',
        'ratio',
        left.map(({ before, after }) => after / before),
      ),
      figure(
        'core.decide.thrown-away',
        'optimised code of one function thrown away, at most',
        'times',
        left.map(({ mostDeoptimised }) => mostDeoptimised.times),
      ),
    ],
    notes: [
      `Thrown away most often: ${left.map(({ mostDeoptimised: { name, times } }) => `${name} (${times})`).join(', ')}.`,
      `Policy: default, ${policy.rules.length} rules, ${policy.sequences.length} sequences, ${policy.locks.length} locks. decide does all of it, with reasons.`,
      'json-rules-engine runs the score rules alone: no decay, caps, sequences, locks or wording. Both name the same rules, asserted.',
    ],
  };
}

function subjectsOf(policy: CompiledPolicy): readonly Subject[] {
  const typical = typicalInput();
  const takeover = takeoverInput();
  return [
    decideSubject('core.decide.quiet', 'decide, quiet evidence', 4_000, quietInput(), policy, 'ALLOW'),
    decideSubject('core.decide.typical', 'decide, typical evidence', 2_000, typical, policy, 'ALLOW'),
    decideSubject('core.decide.takeover', 'decide, a takeover', 1_000, takeover, policy, 'HOLD'),
    decideSubject('core.decide.worst', 'decide, every list full', 50, worstInput(), policy, 'REJECT'),
    decideSubject(
      'core.decide.worst-held',
      'decide, every list full, held',
      50,
      worstHeldInput(),
      policy,
      'HOLD',
    ),
    explainSubject('core.explain.hold', 'explain, a takeover held', 200, takeover, policy),
    explainSubject('core.explain.worst', 'explain, every list full, held', 20, worstHeldInput(), policy),
    peerSubject(typical, policy),
    jsonSubject(typical),
  ];
}

function decideSubject(
  id: string,
  label: string,
  runs: number,
  input: AssessmentInput,
  policy: CompiledPolicy,
  decision: Decision,
): Subject {
  const expected: Expected = { decision, codes: codesOf(decide(input, policy)) };
  return {
    id,
    label,
    runs,
    run: (times) => {
      let verdict: Verdict | undefined;
      for (let at = 0; at < times; at += 1) {
        verdict = decide(input, policy);
        if (verdict.decision !== decision || verdict.reasons.length !== expected.codes.length) break;
      }
      const said =
        verdict === undefined ? undefined : { decision: verdict.decision, codes: codesOf(verdict) };
      if (!isDeepStrictEqual(said, expected)) {
        throw new WrongAnswerError(`${id} said ${JSON.stringify(said)}, not ${JSON.stringify(expected)}`);
      }
    },
  };
}

function codesOf({ reasons }: Verdict): readonly string[] {
  return reasons.map(({ code }) => code);
}

/** A fixed piece of work to hold `decide` against that a change of `decide` does not move. */
function jsonSubject(input: AssessmentInput): Subject {
  const { length } = JSON.stringify(input);
  return {
    id: 'core.json',
    label: 'typical evidence through JSON and back',
    runs: 1_000,
    run: (times) => {
      for (let at = 0; at < times; at += 1) {
        const read: unknown = JSON.parse(JSON.stringify(input));
        if (typeof read !== 'object') throw new WrongAnswerError('JSON gave no object');
      }
      if (JSON.stringify(JSON.parse(JSON.stringify(input))).length !== length)
        throw new WrongAnswerError('JSON gave something else');
    },
  };
}

function explainSubject(
  id: string,
  label: string,
  runs: number,
  input: AssessmentInput,
  policy: CompiledPolicy,
): Subject {
  const held = decide(input, policy);
  const expected = explain(input, policy, held);
  if (expected.holdUntil === undefined || expected.holdUntil <= input.now)
    throw new Error(`${id} has no end`);
  return {
    id,
    label,
    runs,
    run: (times) => {
      for (let at = 0; at < times; at += 1) {
        const { holdUntil } = explain(input, policy, held);
        if (holdUntil !== expected.holdUntil)
          throw new WrongAnswerError(`${id} ends at ${String(holdUntil)}`);
      }
    },
  };
}

function peerSubject(input: AssessmentInput, policy: CompiledPolicy): Subject {
  const peerCodesOf = jsonRulesEngine(policy);
  const scored = new Set(policy.rules.map(({ code }) => code));
  const expected = decide(input, policy)
    .reasons.map(({ code }) => code)
    .filter((code) => scored.has(code));
  const wanted = [...expected].sort().join();
  return {
    id: 'core.json-rules-engine',
    label: 'json-rules-engine, typical evidence',
    runs: 20,
    run: async (times) => {
      for (let at = 0; at < times; at += 1) {
        const codes = await peerCodesOf(input);
        if ([...codes].sort().join() !== wanted) {
          throw new WrongAnswerError(`json-rules-engine named ${codes.join()}, decide ${wanted}`);
        }
      }
    },
  };
}
