import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PolicyChangeKind, PolicyService } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { details, failure, startTestService, stopServices, type TestService } from './harness.js';
import { PatientClient } from './patient-client.js';
import { Analyst, API_MODE, startApiService } from './policy-calls.js';
import { reset, usual } from './requests.js';

let running: TestService;
let analyst: Analyst;

beforeEach(async () => {
  running = await startApiService();
  analyst = new Analyst(running);
});

afterEach(stopServices);

async function reason(
  call: Promise<unknown>,
): Promise<[status: string | undefined, reason: string | undefined]> {
  const error = await failure(call);
  return [GrpcStatus[error.code], details(error).info?.reason];
}

/** Score of an account whose password was reset, and the revision that decided. */
async function decided(): Promise<[score: number, revision: number | undefined]> {
  const answer = await running.assess(usual('w', { signals: [reset()] }));
  return [answer.score, answer.policyRevision?.number];
}

describe('the first start in api mode', () => {
  test('makes the policy file the first revision, and it decides', async () => {
    expect(await decided()).toEqual([30, 1]);
    const { revision } = await analyst.get();
    expect(revision).toMatchObject({ ref: { number: 1 }, active: true, parent: 0, text: analyst.text });
  });
});

describe('making a revision', () => {
  test('keeps it with author, message, parent and hash, and does not switch it on', async () => {
    const text = analyst.textWith(20);
    const made = await analyst.create({ text, message: 'resets count less' });
    expect(made.revision).toMatchObject({
      ref: { number: 2 },
      author: 'ana',
      message: 'resets count less',
      parent: 1,
      active: false,
      text,
    });
    expect(made.revision?.ref?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await decided()).toEqual([30, 1]);
    expect((await analyst.get(2)).revision).toEqual(made.revision);
  });

  test('again with the same text gives the same revision', async () => {
    const text = analyst.textWith(20);
    const first = await analyst.create({ text });
    const second = await analyst.create({ text, author: 'otto', message: 'again' });
    expect(second.revision).toEqual(first.revision);
    expect((await analyst.list()).revisions).toHaveLength(2);
  });

  test('validate_only reports all problems with path, line and column, and keeps nothing', async () => {
    const text = analyst.text.replace('points: 30', 'points: many').replace('max: 72h', 'max: soon');
    const { revision, problems } = await analyst.create({ text, validateOnly: true, author: '' });
    expect(revision).toBeUndefined();
    const places = text
      .split('\n')
      .flatMap((line, index) => (/: (many|soon)$/.test(line) ? [index + 1] : []));
    expect(problems.map(({ line }) => line)).toEqual(places);
    expect(problems.map(({ path }) => path)).toEqual(['rules[0].points', 'hold.max']);
    for (const { column, message } of problems) expect([column > 0, message === '']).toEqual([true, false]);
    expect((await analyst.list()).revisions).toHaveLength(1);
  });

  test('with mistakes is refused with their places', async () => {
    const error = await failure(
      analyst.create({ text: analyst.textWith(20).replace('points: 20', 'points: many') }),
    );
    expect([GrpcStatus[error.code], details(error).info?.reason]).toEqual([
      'INVALID_ARGUMENT',
      'POLICY_INVALID',
    ]);
    expect(details(error).badRequest?.fieldViolations).toMatchObject([
      { field: 'text', description: expect.stringMatching(/^\d+:\d+: rules\[0\]\.points: /) },
    ]);
  });

  test('names its author and has a text', async () => {
    const error = await failure(analyst.create({ text: '', author: '' }));
    expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['text', 'author']);
  });
});

describe('lists', () => {
  test('are paged, newest first, without texts', async () => {
    for (const points of [21, 22, 23]) await analyst.number(analyst.textWith(points));
    const first = await analyst.list(3);
    const second = await analyst.list(3, first.nextPageToken);
    const numbers = [first, second].map((page) => page.revisions.map(({ ref }) => ref?.number));
    expect(numbers).toEqual([[4, 3, 2], [1]]);
    expect([first, second].flatMap((page) => page.revisions.map(({ text }) => text)).join('')).toBe('');
    expect(second.nextPageToken).toBe('');
    expect(await reason(analyst.changes(3, first.nextPageToken))).toEqual([
      'INVALID_ARGUMENT',
      'PAGE_TOKEN_INVALID',
    ]);
  });

  test('a revision that is not there is not found', async () => {
    expect(await reason(analyst.get(9))).toEqual(['NOT_FOUND', 'POLICY_REVISION_NOT_FOUND']);
  });
});

describe('activation', () => {
  test('switches on, and the next answer names number and hash of the new one', async () => {
    const number = await analyst.number(analyst.textWith(20));
    const { revision, etag } = await analyst.activate(number);
    expect(revision?.active).toBe(true);
    expect(etag).toBe((await analyst.get()).etag);
    const answer = await running.assess(usual('w', { signals: [reset()] }));
    expect([answer.score, answer.policyRevision]).toEqual([20, revision?.ref]);
  });

  test('of two at once on two connections exactly one wins; the other learns which is live', async () => {
    const other = new PatientClient(running.service.grpcAddress);
    try {
      for (let round = 0; round < 5; round++) {
        const numbers = [
          await analyst.number(analyst.textWith(10 + round)),
          await analyst.number(analyst.textWith(40 + round)),
        ];
        const { etag } = await analyst.get();
        const results = await Promise.allSettled([
          analyst.activate(numbers[0] ?? 0, { etag }),
          analyst.activate(numbers[1] ?? 0, { etag }, other),
        ]);
        expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const live = (await analyst.get()).revision?.ref?.number;
        expect(live).toBe(numbers[results.findIndex(({ status }) => status === 'fulfilled')]);
        const lost = results.find(({ status }) => status === 'rejected');
        const error = await failure(
          lost?.status === 'rejected' ? Promise.reject(lost.reason) : Promise.resolve(),
        );
        expect([GrpcStatus[error.code], details(error).info?.metadata['live_revision']]).toEqual([
          'ABORTED',
          String(live),
        ]);
      }
    } finally {
      other.close();
    }
  });

  test('with the view of before a change and its rollback is refused', async () => {
    const number = await analyst.number(analyst.textWith(20));
    const { etag } = await analyst.get();
    await analyst.activate(number);
    await analyst.rollback();
    expect(await reason(analyst.activate(number, { etag }))).toEqual(['ABORTED', 'POLICY_CONFLICT']);
  });

  test('needs an etag, an actor and a reason', async () => {
    const error = await failure(analyst.activate(0, { etag: '', actor: '', reason: '' }));
    expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual([
      'number',
      'etag',
      'actor',
      'reason',
    ]);
  });

  test('that cannot be recorded does not happen', async () => {
    const number = await analyst.number(analyst.textWith(20));
    const { etag } = await analyst.get();
    // A commit of the state lets the journal go on: none may still be on its way.
    await running.service.stores.follower.flush();
    running.service.stores.journal.suspend('for a test');
    expect(await reason(analyst.activate(number, { etag }))).toEqual(['UNAVAILABLE', 'AUDIT_UNAVAILABLE']);
    running.service.stores.journal.resume();
    expect(await decided()).toEqual([30, 1]);
    expect((await analyst.get()).etag).toBe(etag);
  });

  test('outlasts a restart', async () => {
    const number = await analyst.number(analyst.textWith(20));
    await analyst.activate(number);
    const before = await analyst.get();
    running = await running.restart();
    analyst = new Analyst(running);
    expect(await decided()).toEqual([20, number]);
    expect(await analyst.get()).toEqual(before);
  });
});

describe('cases', () => {
  const cases = [{ name: 'own.yaml', text: caseText('HOLD') }];

  function caseText(decision: string): string {
    return `
suite: Own
policy: integration
now: 2026-05-04T09:00:00Z
cases:
  - name: a reset with everything new
    description: Must be held.
    request: { email: joe@att.net, value: 5000, balance_share: 0.9, destination: { added: -1h } }
    signals: [{ type: PASSWORD_RESET, at: -1h }]
    expect: { decision: ${decision} }
`;
  }

  test('that pass let a revision be activated', async () => {
    const made = await analyst.create({ text: analyst.textWith(20), cases });
    expect(made.caseReport).toMatchObject({ passedCount: 1, failedCount: 0 });
    const { caseReport } = await analyst.activate(2);
    expect(caseReport?.passedCount).toBe(1);
  });

  test('that fail do not, unless somebody says why; that is recorded', async () => {
    const failing = [{ name: 'own.yaml', text: caseText('ALLOW') }];
    const made = await analyst.create({ text: analyst.textWith(20), cases: failing });
    expect(made.caseReport?.failures).toMatchObject([
      { file: 'own.yaml', suite: 'Own', cause: expect.stringContaining('expected ALLOW, came HOLD') },
    ]);
    expect(await reason(analyst.activate(2))).toEqual(['FAILED_PRECONDITION', 'POLICY_CASES_FAILED']);
    expect(await decided()).toEqual([30, 1]);
    await analyst.activate(2, { overrideReason: 'the case is out of date' });
    expect(await decided()).toEqual([20, 2]);
    expect((await analyst.changes()).changes[0]).toMatchObject({
      kind: PolicyChangeKind.ACTIVATED,
      overrideReason: 'the case is out of date',
      failedCaseCount: 1,
    });
  });

  test('with mistakes, and those of another policy, are problems of their file', async () => {
    const wrong = [
      { name: 'broken.yaml', text: 'suite: 1' },
      { name: 'other.yaml', text: caseText('HOLD').replace('policy: integration', 'policy: another') },
    ];
    const { problems } = await analyst.create({ text: analyst.text, cases: wrong, validateOnly: true });
    expect(new Set(problems.map(({ file }) => file))).toEqual(new Set(['broken.yaml', 'other.yaml']));
    expect(await reason(analyst.create({ text: analyst.text, cases: wrong }))).toEqual([
      'INVALID_ARGUMENT',
      'POLICY_INVALID',
    ]);
  });
});

describe('rollback', () => {
  test('goes back step by step and no further than the first', async () => {
    const second = await analyst.number(analyst.textWith(20));
    const third = await analyst.number(analyst.textWith(25));
    await analyst.activate(second);
    await analyst.activate(third);
    expect(await decided()).toEqual([25, third]);
    expect((await analyst.rollback()).revision?.ref?.number).toBe(second);
    expect(await decided()).toEqual([20, second]);
    await analyst.rollback();
    expect(await decided()).toEqual([30, 1]);
    expect(await reason(analyst.rollback())).toEqual(['FAILED_PRECONDITION', 'POLICY_NO_EARLIER_REVISION']);
  });

  test('tried again with its etag goes back once', async () => {
    await analyst.activate(await analyst.number(analyst.textWith(20)));
    await analyst.activate(await analyst.number(analyst.textWith(25)));
    const { etag } = await analyst.get();
    await analyst.rollback(etag);
    expect(await reason(analyst.rollback(etag))).toEqual(['ABORTED', 'POLICY_CONFLICT']);
    expect(await decided()).toEqual([20, 2]);
  });

  test('is remembered over a restart', async () => {
    await analyst.activate(await analyst.number(analyst.textWith(20)));
    running = await running.restart();
    analyst = new Analyst(running);
    await analyst.rollback();
    expect(await decided()).toEqual([30, 1]);
  });
});

test('every change is recorded: who, what, when and why', async () => {
  const number = await analyst.number(analyst.textWith(20));
  await analyst.startShadow(number);
  await analyst.stopShadow(number);
  await analyst.activate(number);
  await analyst.rollback();
  const { changes } = await analyst.changes();
  expect(
    changes.map((change) => [change.kind, change.number, change.previous, change.actor, change.reason]),
  ).toEqual([
    [PolicyChangeKind.ROLLED_BACK, 1, 2, 'otto', 'too many holds'],
    [PolicyChangeKind.ACTIVATED, 2, 1, 'ana', 'it is better'],
    [PolicyChangeKind.SHADOW_STOPPED, 2, 1, 'ana', 'seen'],
    [PolicyChangeKind.SHADOW_STARTED, 2, 1, 'ana', 'look'],
    [PolicyChangeKind.REVISION_CREATED, 2, 1, 'ana', 'to try'],
    [PolicyChangeKind.REVISION_CREATED, 1, 0, 'policy file', 'the first start'],
  ]);
  expect(changes.map(({ activates }) => activates)).toEqual([true, true, false, false, false, true]);
  expect(changes.every(({ changedAt }) => Number(changedAt?.seconds) * 1000 === running.clock.now)).toBe(
    true,
  );
});

test('a change says what it did to the rules, for those who ask', async () => {
  const number = await analyst.number(analyst.textWith(20));
  await analyst.startShadow(number);
  await analyst.activate(number);
  await analyst.rollback();
  const { listPolicyChanges } = PolicyService.method;
  const { changes } = await running.client.call(listPolicyChanges, { withDifferences: true }, 30_000);
  expect(changes.map(({ kind, differences }) => [kind, differences])).toEqual([
    [PolicyChangeKind.ROLLED_BACK, ['points of PASSWORD_RESET: 20 -> 30']],
    [PolicyChangeKind.ACTIVATED, ['points of PASSWORD_RESET: 30 -> 20']],
    [PolicyChangeKind.SHADOW_STARTED, []],
    [PolicyChangeKind.REVISION_CREATED, ['points of PASSWORD_RESET: 30 -> 20']],
    [PolicyChangeKind.REVISION_CREATED, []],
  ]);
  const many = await running.client.call(listPolicyChanges, {
    pageSize: 4_000_000_000,
    withDifferences: true,
  });
  expect(many.changes).toHaveLength(5);
});

describe('file mode', () => {
  test('checks and shows, and refuses whatever would change the policy', async () => {
    const service = await startTestService();
    const reader = new Analyst(service);
    expect((await reader.get()).revision).toMatchObject({ ref: { number: 1 }, active: true });
    expect((await reader.create({ text: reader.text, validateOnly: true })).problems).toEqual([]);
    const calls = [
      () => reader.create({ text: reader.textWith(20) }),
      () => reader.activate(1),
      () => reader.rollback(),
      () => reader.startShadow(1),
      () => reader.stopShadow(1),
    ];
    for (const call of calls) {
      expect(await reason(call())).toEqual(['FAILED_PRECONDITION', 'POLICY_FILE_MODE']);
    }
  });

  test('hands its revision over to api mode, and takes over again from the file', async () => {
    const inFile = await startTestService();
    const inApi = await inFile.restart({ env: API_MODE });
    const there = new Analyst(inApi);
    expect((await there.get()).revision?.ref?.number).toBe(1);
    await there.activate(await there.number(there.textWith(20)));
    const back = await inApi.restart({ env: {} });
    const { revision } = await back.client.call(PolicyService.method.getPolicyRevision, {});
    expect([revision?.ref?.number, revision?.parent, revision?.text]).toEqual([3, 2, there.text]);
  });
});
