import { describe, expect, it } from 'vitest';
import { MAX_LOGIN_FAILURES_PER_HOUR } from '../../src/evidence/bounds.js';
import { MAX_FAILURES_PER_HOUR } from '../../src/policy/compile/compile-conditions.js';
import { readPolicy } from '../../src/policy/index.js';
import { TEST_PSEUDONYMS } from './list-pseudonyms.js';
import { problemsOf, readChanged, SMALL_POLICY } from './small-policy.js';

interface Mistake {
  readonly name: string;
  readonly piece: string;
  readonly instead: string;
  readonly path: string;
  /** Line of the small policy, from 1. */
  readonly line: number;
  readonly column?: number;
  readonly message: RegExp;
}

function mistake(
  name: string,
  piece: string,
  instead: string,
  path: string,
  line: number,
  message: RegExp,
  column?: number,
): Mistake {
  return { name, piece, instead, path, line, message, ...(column !== undefined && { column }) };
}

const IN_YAML = [
  mistake('a key twice', 'currency: EUR', 'currency: EUR\ncurrency: USD', '', 4, /unique/),
  mistake('an alias', 'currency: EUR', 'currency: *name', '', 3, /alias/),
  mistake('an anchor', 'currency: EUR', 'currency: &c EUR', '', 3, /anchors are not allowed/),
  mistake('a second document', 'version: 1', 'version: 1\n---\na: 1', '', 1, /one document/),
  mistake(
    'a broken bracket',
    'signal: [PASSWORD_RESET] }\n    points: 30',
    'signal: [PASSWORD_RESET }\n    points: 30',
    '',
    20,
    /flow/,
  ),
];

const IN_SHAPE = [
  mistake(
    'an unknown key',
    'half_life: 7d',
    'halflife: 7d',
    'rules[0].halflife',
    22,
    /unknown key `halflife`; did you mean `half_life`/,
    5,
  ),
  mistake('a missing key', 'currency: EUR\n', '', '', 1, /`currency` is missing/),
  mistake(
    'an unknown signal',
    'when: { signal: [PASSWORD_RESET] }',
    'when: { signal: [PASWORD_RESET] }',
    'rules[0].when.signal[0]',
    20,
    /did you mean `PASSWORD_RESET`/,
    22,
  ),
  mistake(
    'a duration without unit',
    'half_life: 7d',
    'half_life: 7',
    'rules[0].half_life',
    22,
    /must be string/,
  ),
  mistake(
    'a duration in another unit',
    'half_life: 7d',
    'half_life: 7 days',
    'rules[0].half_life',
    22,
    /a whole number and a unit/,
  ),
  mistake(
    'two things to look for',
    'when: { signal: [PASSWORD_RESET] }',
    'when: { signal: [PASSWORD_RESET], watch: any }',
    'rules[0].when',
    20,
    /exactly one thing/,
  ),
  mistake(
    'a channel without a signal',
    'when: { device_age: { at_least: 30d } }',
    'when: { device_age: { at_least: 30d }, channels: [SMS] }',
    'rules[1].when',
    27,
    /`channels` needs `signal`/,
  ),
  mistake('a score above 100', 'reject: 40', 'reject: 140', 'tiers[0].reject', 10, /140` must be <= 100/),
  mistake('not a number', 'points: 30', 'points: .nan', 'rules[0].points', 21, /must be number/),
  mistake(
    'money as a fraction',
    'below: 1000',
    'below: 1000.5',
    'tiers[0].below',
    7,
    /must be integer or string/,
  ),
  mistake(
    'an expression too long',
    'request.value > 100',
    `request.value > 100 ${'&& true '.repeat(80)}`,
    'custom_rules[0].expression',
    53,
    /512/,
  ),
];

const IN_MEANING = [
  mistake(
    'an unknown group',
    'group: access',
    'group: acces',
    'rules[0].group',
    24,
    /no group `acces`; groups are: access/,
    12,
  ),
  mistake('a code twice', 'code: OLD_DEVICE', 'code: RESET', 'rules[1].code', 26, /`RESET` is used twice/),
  mistake('a code of the engine', 'code: RESET', 'code: RELEASED', 'rules[0].code', 19, /code of the engine/),
  mistake('a second decimal', 'points: 30', 'points: 30.25', 'rules[0].points', 21, /more than one decimal/),
  mistake('no points', 'points: 30', 'points: 0', 'rules[0].points', 21, /does nothing/),
  mistake('trust for a signal', 'points: 30', 'points: -30', 'rules[0].points', 21, /speak for the customer/),
  mistake('thresholds out of order', 'hold: 30', 'hold: 15', 'tiers[0].hold', 9, /`hold` is below `step_up`/),
  mistake(
    'a larger amount judged more mildly',
    'step_up: 10',
    'step_up: 25',
    'tiers[1].step_up',
    13,
    /milder than for smaller amounts \(20\)/,
  ),
  mistake(
    'a last tier with a bound',
    'name: large',
    'name: large\n    below: 5000',
    'tiers[1].below',
    13,
    /last tier has no `below`/,
  ),
  mistake('a tier no amount reaches', 'below: 1000', 'below: 0', 'tiers[0].below', 7, /no amount reaches/),
  mistake(
    'a threshold no score reaches',
    'hold: 30\n    reject: 40\n',
    'hold: 80\n    reject: 90\n',
    'tiers[0].hold',
    9,
    /no score reaches 80: .* at most \d+ points/,
  ),
  mistake(
    'more steps needed than there are',
    'min_steps: 2',
    'min_steps: 3',
    'sequences[0].min_steps',
    35,
    /only 2 steps/,
  ),
  mistake(
    'no required step',
    ', required: true',
    '',
    'sequences[0].steps',
    33,
    /at least one step `required`/,
  ),
  mistake(
    'a window before every match',
    'points: -5',
    'points: -5\n    window: 14d',
    'rules[1].window',
    29,
    /can never fire/,
  ),
  mistake(
    'an age that cannot be',
    '{ at_least: 30d }',
    '{ at_least: 30d, below: 7d }',
    'rules[1].when.device_age',
    27,
    /can never be true/,
  ),
  mistake(
    'confidence of a signal',
    'group: access',
    'group: access\n    times_confidence: true',
    'rules[0].times_confidence',
    25,
    /events and exposures/,
  ),
  mistake(
    'a lock on a fact',
    'code: LOCK\n    when: { signal: [PASSWORD_RESET] }',
    'code: LOCK\n    when: { destination_age: { below: 1d } }',
    'locks[0].when',
    41,
    /something that happened/,
  ),
  mistake(
    'trouble that shortens a lock',
    'window: 48h',
    'window: 48h\n    window_with_mailbox_trouble: 24h',
    'locks[0].window_with_mailbox_trouble',
    43,
    /no relief/,
  ),
  mistake(
    'a lock shorter than the one it repeats',
    'lock_shape:',
    '  - code: SHORTER\n    when: { signal: [PASSWORD_RESET], channels: [SMS] }\n    window: 24h\n    summary: A lock.\nlock_shape:',
    'locks[1].window',
    46,
    /`SHORTER` is shorter than `LOCK`, which everything that triggers it triggers too/,
    13,
  ),
  mistake(
    'more failed sign-ins than are counted',
    'when: { device_age: { at_least: 30d } }\n    points: -5',
    'when: { login_failures: { at_least: 129, within: 1h } }\n    points: 5',
    'rules[1].when.login_failures.at_least',
    27,
    /at most 64 an hour are counted, 128 within 1h/,
  ),
  mistake(
    'an expression that no withdrawal fits',
    'expression: request.value > 100',
    'expression: request.value > 100 && request.value <= 100.0',
    'custom_rules[0].expression',
    53,
    /can never be true/,
  ),
  mistake(
    'a destination without network',
    'value: "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"',
    'value: bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    'lists[0].entries[0].value',
    50,
    /network:address/,
  ),
  mistake(
    'trust without an end',
    'effect: { deny: REJECT }',
    'effect: { trust: -5 }',
    'lists[0].entries[0]',
    50,
    /trust must end/,
  ),
  mistake(
    'a mailbox that is none',
    'on: destination',
    'on: mailbox',
    'lists[0].entries[0].value',
    50,
    /not a mail address/,
  ),
  mistake(
    'a group that nothing uses',
    'groups: { access: 35 }',
    'groups: { access: 35, idle: 5 }',
    'groups.idle',
    17,
    /nothing belongs to the group `idle`/,
  ),
  mistake('a window of nothing', 'window: 48h', 'window: 0h', 'locks[0].window', 42, /longer than nothing/),
  mistake(
    'an incident that is no news',
    'default_share: 0.005',
    'default_share: 0.0001',
    'cohort.default_share',
    57,
    /gives no points/,
  ),
  mistake(
    'an unknown field',
    'request.value > 100',
    'request.valeu > 100',
    'custom_rules[0].expression',
    53,
    /no field `request.valeu`; did you mean `request.value`/,
  ),
];

describe('a policy with a mistake is refused with its place', () => {
  it.each([...IN_YAML, ...IN_SHAPE, ...IN_MEANING])(
    '$name',
    ({ piece, instead, path, line, column, message }) => {
      const problems = problemsOf(readChanged(piece, instead));
      const [problem] = problems.filter((one) => message.test(one.message));
      expect(problem, JSON.stringify(problems)).toMatchObject({
        path,
        line,
        ...(column !== undefined && { column }),
      });
    },
  );
});

describe('readPolicy', () => {
  it('accepts the policy that the mistakes are made in', () => {
    expect(problemsOf(readChanged('small-policy', 'small-policy'))).toEqual([]);
  });

  it('reports all problems at once, in the order of the text', () => {
    const text = SMALL_POLICY.replace('hold: 30', 'hold: 15')
      .replace('group: access', 'group: none')
      .replace('request.value', 'request.vale');
    const problems = problemsOf(readPolicy(text, { pseudonyms: TEST_PSEUDONYMS }));
    expect(problems.map((problem) => problem.path)).toEqual([
      'tiers[0].hold',
      'tiers[1].hold',
      'rules[0].group',
      'custom_rules[0].expression',
    ]);
  });

  it('reports mistakes of shape and of meaning together, at the places of the text as written', () => {
    const text = SMALL_POLICY.replace('points: 30', 'points: many')
      .replace('device_age: { at_least: 30d }', 'device_age: { at_least: 30d, below: 7d }')
      .replace('min_steps: 2', 'min_steps: 3')
      .replace('reject: 40', 'reject: lots')
      .replace('request.value', 'request.vale')
      .replace('trust_floor: -15\n', '');
    const problems = problemsOf(readPolicy(text, { pseudonyms: TEST_PSEUDONYMS }));
    const lineOf = (piece: string) => text.split('\n').findIndex((line) => line.includes(piece)) + 1;
    expect(problems.map(({ path, line }) => [path, line])).toEqual([
      ['', 1],
      ['tiers[0].reject', lineOf('reject: lots')],
      ['rules[0].points', lineOf('points: many')],
      ['rules[1].when.device_age', lineOf('below: 7d')],
      ['rules[1].points', lineOf('points: -5')],
      ['sequences[0].min_steps', lineOf('min_steps: 3')],
      ['custom_rules[0].expression', lineOf('request.vale')],
    ]);
  });

  it('a section that is wrong as a whole makes no mistakes elsewhere', () => {
    for (const [piece, instead] of [
      ['groups: { access: 35 }', 'groups: { access: much }'],
      ['lock_shape: { destination_known_after: 7d,', 'lock_shape: { destination_known_after: late,'],
      ['hold: { max: 72h,', 'hold: { max: soon,'],
      ['cohort: { base_rate: 0.0001,', 'cohort: { base_rate: few,'],
    ] as const) {
      expect(problemsOf(readChanged(piece, instead))).toHaveLength(1);
    }
  });

  it('a lock that repeats another but needs a person, or lasts longer in trouble, adds something', () => {
    for (const addition of ['release: PERSON', 'window_with_mailbox_trouble: 96h']) {
      const lock = `  - code: SHORTER\n    when: { signal: [PASSWORD_RESET], channels: [SMS] }\n    window: 24h\n    ${addition}\n    summary: A lock.\n`;
      expect(problemsOf(readChanged('lock_shape:', `${lock}lock_shape:`))).toEqual([]);
    }
  });

  it('counts failed sign-ins as the evidence does', () => {
    expect(MAX_FAILURES_PER_HOUR).toBe(MAX_LOGIN_FAILURES_PER_HOUR);
  });

  it('never repeats a mail address of a list in a problem', () => {
    const result = readChanged('on: destination', 'on: mailbox');
    expect(JSON.stringify(result)).not.toContain('bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4');
  });

  it.each([
    ['an empty text', ''],
    ['a text beyond 1 MiB', `# ${'x'.repeat(1_048_576)}`],
    ['deep brackets', `a: ${'['.repeat(100_000)}`],
    ['deep blocks', Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['deep sequences', `${'- '.repeat(100_000)}a`],
    ['a list', '- 1'],
    ['nothing but null', 'null'],
  ])('refuses %s with a problem', (_name, text) => {
    expect(readPolicy(text, { pseudonyms: TEST_PSEUDONYMS }).kind).toBe('invalid');
  });
});
