import { afterEach, expect, test } from 'vitest';
import { type AssessWithdrawalResponse, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { decodeEntry } from '../../src/store/codec/entries.js';
import { stopServices } from './harness.js';
import { PatientClient } from './patient-client.js';
import { Analyst, startApiService } from './policy-calls.js';
import { reset, usual } from './requests.js';

afterEach(stopServices);

/** Points that the test policy's revisions give for a password reset, by revision. */
const POINTS = [0, 30, 20, 25];

test('activation under load: no call fails, none mixes revisions, each switch is at one place of the log', async () => {
  const running = await startApiService();
  const analyst = new Analyst(running);
  for (const points of POINTS.slice(2)) await analyst.number(analyst.textWith(points));
  const hashes = new Map<number, string>();
  for (const { ref } of (await analyst.list()).revisions) hashes.set(ref?.number ?? 0, ref?.hash ?? '');
  const clients = [1, 2, 3, 4].map(() => new PatientClient(running.service.grpcAddress));
  const answers: AssessWithdrawalResponse[] = [];
  let isOver = false;

  async function callWithoutPause(client: PatientClient, name: string): Promise<void> {
    for (let index = 0; !isOver; index++) {
      const accountId = `${name}-${index}`;
      const request = usual(`w-${accountId}`, { accountId, signals: [reset({ accountId })] });
      answers.push(await client.call(RiskService.method.assessWithdrawal, request));
    }
  }

  const load = clients.flatMap((client, index) =>
    [1, 2, 3, 4].map((stream) => callWithoutPause(client, `c${index}-${stream}`)),
  );
  for (const number of [2, 3, 1, 2, 3, 2]) await analyst.activate(number);
  await analyst.rollback();
  isOver = true;
  await Promise.all(load);
  for (const client of clients) client.close();

  const seen = new Set<number>();
  for (const { policyRevision, score } of answers) {
    const number = policyRevision?.number ?? 0;
    seen.add(number);
    expect([policyRevision?.hash, score]).toEqual([hashes.get(number), POINTS[number]]);
  }
  expect([...seen].sort()).toEqual([1, 2, 3]);

  const { journal } = running.service.stores;
  let live = 1;
  for (let position = 1; position <= journal.head; position++) {
    const entry = journal.get(position);
    const body = entry === undefined ? undefined : decodeEntry(entry.kind, entry.payload);
    if (body?.kind === 'policy-activation') live = body.number;
    if (body?.kind === 'assessment') expect(body.policyNumber).toBe(live);
  }
});
