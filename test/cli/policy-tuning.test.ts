import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import { readPolicy } from '../../src/policy/index.js';
import { decodeEntry } from '../../src/store/codec/entries.js';
import { decodeLogEntry } from '../../src/store/log-entry.js';
import { openLogReader } from '../../src/store/log-reader.js';
import { TEST_PSEUDONYMS } from '../policy/list-pseudonyms.js';
import { type Ran, holdfast as run } from './command.js';

const DEFAULT_POLICY = join(import.meta.dirname, '../../policies/default.yaml');

let folder: string;
let data: string;
let candidate: string;

function holdfast(...args: readonly string[]): Promise<Ran> {
  return run(args);
}

/** What a program would read. */
async function asked(...args: readonly string[]) {
  const { code, out, err } = await holdfast(...args, '--json', '--data-dir', data);
  expect(err).toBe('');
  return { code, answer: JSON.parse(out) };
}

interface Recorded {
  readonly id: string;
  readonly decision: string;
  readonly input: AssessmentInput;
}

/** The log, read the long way. */
async function recorded(): Promise<{ assessments: Recorded[]; labels: Map<string, string> }> {
  const log = openLogReader(join(data, 'log'));
  const assessments: Recorded[] = [];
  const labels = new Map<string, string>();
  for (let position = 1; position <= log.lastPosition(); position++) {
    const bytes = log.get(position);
    if (bytes === undefined) continue;
    const { id, kind, payload } = decodeLogEntry(position, bytes);
    const body = decodeEntry(kind, payload);
    if (body.kind === 'assessment') assessments.push({ id, decision: body.decision, input: body.input });
    if (body.kind === 'outcome') labels.set(body.assessmentId, body.label);
  }
  await log.close();
  return { assessments, labels };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-tuning-'));
  data = join(folder, 'data');
  candidate = join(folder, 'candidate.yaml');
  const text = readFileSync(DEFAULT_POLICY, 'utf8');
  writeFileSync(candidate, text.replace('    hold: 65', '    hold: 45'));
  const size = ['--accounts', '400', '--days', '60', '--takeovers', '40', '--start', '2026-01-01'];
  const made = await holdfast('simulate-population', '--seed', '5', ...size, '--out', data);
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out).toContain('Synthetic population: 400 accounts, 60 days');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the loop of a risk analyst over a history', () => {
  test('simulate says of the live policy what was recorded, and of the candidate what a recount says', async () => {
    const { code, answer } = await asked('policy', 'simulate', candidate);
    expect(code).toBe(0);
    expect(answer.synthetic).toBe(true);
    const { assessments, labels } = await recorded();
    const policy = readPolicy(readFileSync(candidate, 'utf8'), { pseudonyms: TEST_PSEUDONYMS });
    if (policy.kind === 'invalid') throw new Error('the candidate has mistakes');
    const again = assessments.map((one) => {
      const verdict = decide(one.input, policy.policy);
      const until = explain(one.input, policy.policy, verdict).holdUntil;
      return { ...one, after: verdict.decision, held: until === undefined ? 0 : until - one.input.now };
    });
    const count = (isWanted: (one: (typeof again)[number]) => boolean): number =>
      again.filter(isWanted).length;
    expect(answer.replayed).toBe(assessments.length);
    for (const decision of ['ALLOW', 'STEP_UP', 'HOLD', 'REJECT']) {
      expect(answer.before.decisions[decision].count).toBe(count((one) => one.decision === decision));
      expect(answer.after.decisions[decision].count).toBe(count((one) => one.after === decision));
      expect(answer.after.fraud[decision].count).toBe(
        count((one) => one.after === decision && labels.get(one.id) === 'FRAUD_CONFIRMED'),
      );
    }
    const flips = answer.flips.reduce((sum: number, flip: { count: number }) => sum + flip.count, 0);
    expect(flips).toBe(count((one) => one.decision !== one.after));
    const hours =
      again.filter(({ after }) => after === 'HOLD').reduce((sum, { held }) => sum + held, 0) / 3_600_000;
    expect(answer.after.figures.customer_hours_of_delay).toBeCloseTo(hours, 6);
  });

  test('programs read the same text on any number of threads, and all money as decimals', async () => {
    const one = (await asked('policy', 'simulate', candidate, '--threads', '1')).answer;
    const two = (await asked('policy', 'simulate', candidate, '--threads', '2')).answer;
    const timeless = (answer: object) => JSON.stringify({ ...answer, seconds: 0, threads: 0 });
    expect(timeless(two)).toBe(timeless(one));
    const { HOLD, REJECT } = one.after.fraud;
    expect(Number(one.after.figures.value_saved)).toBeCloseTo(Number(HOLD.value) + Number(REJECT.value), 2);
  });

  test('with a filter only what passes it counts, in simulate and in sweep', async () => {
    const { assessments, labels } = await recorded();
    const wanted = assessments.filter(
      ({ id, decision }) => decision !== 'ALLOW' && labels.get(id) === 'FRAUD_CONFIRMED',
    ).length;
    expect(wanted).toBeGreaterThan(0);
    const decisions = ['hold', 'step_up', 'reject'].flatMap((word) => ['--only-decision', word]);
    const only = [...decisions, '--only-label', 'fraud_confirmed'];
    // Before the file: an option takes one value, never the argument that follows it.
    expect((await asked('policy', 'simulate', ...only, candidate)).answer.replayed).toBe(wanted);
    const swept = await asked('policy', 'sweep', candidate, ...only, '--tier', 'large', '--range', '40..41');
    expect(swept.answer.replayed).toBe(wanted);
  });

  test('a sample says so, and what it says of a day and of delay is scaled up; its counts are its own', async () => {
    const whole = (await asked('policy', 'simulate', candidate)).answer;
    const sample = (await asked('policy', 'simulate', candidate, '--sample', '4')).answer;
    expect([whole.sample_every, sample.sample_every]).toEqual([1, 4]);
    expect(sample.replayed).toBeLessThan(whole.replayed / 3);
    const { holds_per_day, customer_hours_of_delay } = sample.before.figures;
    const days = Math.max(1, (Date.parse(sample.to) - Date.parse(sample.from)) / 86_400_000);
    expect(holds_per_day).toBeCloseTo((4 * sample.before.decisions.HOLD.count) / days, 6);
    expect(customer_hours_of_delay % 4).toBeCloseTo(0, 6);
    const told = await holdfast('policy', 'simulate', candidate, '--sample', '4', '--data-dir', data);
    expect(told.out).toContain('A sample of 1 in 4');
    const swept = await holdfast(
      ...['policy', 'sweep', '--only-operator', 'att', candidate, '--tier', 'large', '--range', '40..41'],
      ...['--sample', '4', '--data-dir', data],
    );
    expect(swept).toMatchObject({ code: 0, out: expect.stringContaining('A sample of 1 in 4') });
  });

  test('cases after an option are cases: options never swallow arguments', async () => {
    const policy = ['--policy', DEFAULT_POLICY];
    const cases = join(import.meta.dirname, '../../policies/cases/locks.yaml');
    const before = await holdfast('policy', 'test', ...policy, cases, '--json');
    const after = await holdfast('policy', 'test', cases, ...policy, '--json');
    expect(before).toMatchObject({ code: 0, err: '' });
    expect(before.out).toBe(after.out);
  });

  test('a sweep has at the threshold of the candidate what simulate says', async () => {
    const { answer: simulated } = await asked('policy', 'simulate', candidate);
    const { answer: swept } = await asked(
      'policy',
      'sweep',
      candidate,
      '--tier',
      'large',
      '--range',
      '40..60/2',
    );
    const row = swept.rows.find(({ points }: { points: number }) => points === 42);
    const { name: _name, hash: _hash, ...side } = simulated.after;
    expect(row).toEqual({ points: 42, ...side });
  });

  test('diff says the change in words, and what it would have meant', async () => {
    const { code, out } = await holdfast('policy', 'diff', DEFAULT_POLICY, candidate, '--data-dir', data);
    expect(code).toBe(1);
    expect(out).toContain('hold threshold for large: 65 -> 45');
    expect(out).toContain('What it would have meant');
    expect(out).toContain('Synthetic data');
    const same = await holdfast('policy', 'diff', DEFAULT_POLICY, DEFAULT_POLICY, '--data-dir', data);
    expect(same.code).toBe(0);
    expect(same.out).toContain('no decision would have been another');
  });

  test('a comparison counts each takeover once, and finds what flat timers cannot', async () => {
    const { answer } = await asked('policy', 'compare');
    const byName = new Map<string, { mailbox: { takeovers: number; held: number; notAllowed: number } }>(
      answer.scores.map((score: { policy: string }) => [score.policy, score]),
    );
    const ours = byName.get('default')?.mailbox;
    const timer = byName.get('timer-72h')?.mailbox;
    expect(ours?.takeovers).toBe(timer?.takeovers);
    expect(ours?.held ?? 0).toBeGreaterThan(timer?.held ?? 0);
    expect(ours?.notAllowed).toBe(ours?.takeovers);
    expect([...byName.keys()]).toContain('block-three-domains');
  });

  test('texts for people are made of the same figures', async () => {
    const { out } = await holdfast(
      'policy',
      'simulate',
      candidate,
      '--data-dir',
      data,
      '--before',
      DEFAULT_POLICY,
    );
    for (const title of ['holds a day', 'Changed decisions', 'By tier', 'By mail operator', 'Scores']) {
      expect(out).toContain(title);
    }
    const sweep = await holdfast(
      'policy',
      'sweep',
      candidate,
      '--data-dir',
      data,
      '--tier',
      'small',
      '--range',
      '60..70/5',
    );
    expect(sweep.out.split('\n').filter((line) => /^\s+(60|65|70)\s/.test(line))).toHaveLength(3);
    expect((await holdfast('policy', 'compare', '--data-dir', data)).out).toContain('silent-provider');
  });
});

describe('what cannot be done is said', () => {
  test.each([
    [['policy', 'sweep', DEFAULT_POLICY, '--tier', 'huge', '--range', '1..2'], 'there is no tier `huge`'],
    [['policy', 'sweep', DEFAULT_POLICY, '--tier', 'small', '--range', '9..2'], '--range: must be like'],
    [['policy', 'simulate', DEFAULT_POLICY, '--from', 'yesterday'], '--from: `yesterday` is not a time'],
    [
      ['policy', 'simulate', DEFAULT_POLICY, '--only-label', 'bad'],
      '--only-label: must be one of FRAUD_CONFIRMED',
    ],
    [['policy', 'simulate', 'nowhere.yaml'], 'cannot read nowhere.yaml'],
    [['policy', 'simulate', DEFAULT_POLICY, '--from', '2031-01-01'], 'there are no assessments to replay'],
  ])('%s', async (args, message) => {
    const { code, err } = await holdfast(...args, '--data-dir', data);
    expect(code).not.toBe(0);
    expect(err).toContain(message);
  });

  test('a folder without a history, or with one already', async () => {
    const empty = await holdfast('policy', 'simulate', DEFAULT_POLICY, '--data-dir', join(folder, 'none'));
    expect(empty).toMatchObject({ code: 1 });
    const again = await holdfast(
      'simulate-population',
      '--accounts',
      '10',
      '--days',
      '30',
      '--takeovers',
      '1',
      '--out',
      data,
    );
    expect(again.err).toContain('already holds a history');
  });

  test('a real history cannot be compared: nobody knows the truth about it', async () => {
    const marked = join(data, 'synthetic.json');
    const aside = join(folder, 'synthetic.json');
    copyFileSync(marked, aside);
    rmSync(marked);
    const { code, err } = await holdfast('policy', 'compare', '--data-dir', data);
    copyFileSync(aside, marked);
    expect(code).toBe(1);
    expect(err).toContain('only a synthetic history can be compared');
    expect(existsSync(marked)).toBe(true);
  });
});
