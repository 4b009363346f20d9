import { afterEach, expect, test } from 'vitest';
import { PACKAGED_POLICY_FILE } from '../../src/config.js';
import { Audience, Decision, ReleaseConditionKind } from '../../src/gen/holdfast/v1/decision_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { startTestService, stopServices } from './harness.js';
import { ago, DAY_MS, HOUR_MS, reset, usual } from './requests.js';

afterEach(stopServices);

/** Those that name what would pass instead. */
const FOR_ANALYSTS = [ReleaseConditionKind.LOWER_VALUE, ReleaseConditionKind.KNOWN_DESTINATION];

test('what a customer may see names no sum and no address that would pass: he may be the thief', async () => {
  const { assess, report } = await startTestService({ env: { HOLDFAST_POLICY_FILE: PACKAGED_POLICY_FILE } });
  await report(
    reset({ occurredAt: ago(HOUR_MS) }),
    reset({ type: SignalType.ADDRESS_ADDED, occurredAt: ago(2 * HOUR_MS) }),
    reset({ type: SignalType.NEW_LOCATION, occurredAt: ago(HOUR_MS) }),
    reset({ type: SignalType.NEW_DEVICE, occurredAt: ago(3 * DAY_MS) }),
  );
  const kinds = new Set<ReleaseConditionKind>();
  const askedFrom = [
    { deviceId: 'new', deviceFirstSeenAt: ago(3 * DAY_MS) },
    { deviceId: 'laptop', deviceFirstSeenAt: ago(400 * DAY_MS) },
  ];
  const asked = [900, 5_000, 9_990, 12_000, 50_000, 900_000].flatMap((referenceValue) =>
    askedFrom.map((session) => ({ referenceValue, session })),
  );
  for (const [index, { referenceValue, session }] of asked.entries()) {
    const answer = await assess(
      usual(`w-${index}`, {
        referenceValue,
        balanceShare: 0.3,
        destination: { address: bitcoinAddress('new'), network: 'bitcoin', addedAt: ago(2 * HOUR_MS) },
        session,
        dryRun: true,
      }),
    );
    expect(answer.decision).not.toBe(Decision.ALLOW);
    for (const { kind, audience, customerSummary, maxReferenceValue } of answer.releaseConditions) {
      kinds.add(kind);
      const forAnalysts = FOR_ANALYSTS.includes(kind) || maxReferenceValue !== undefined;
      expect(audience).toBe(forAnalysts ? Audience.ANALYST : Audience.CUSTOMER);
      expect(customerSummary === '').toBe(forAnalysts);
    }
    const seen = [...answer.reasons, ...answer.releaseConditions].map(
      ({ customerSummary }) => customerSummary,
    );
    expect(seen.join(' ')).not.toMatch(/\d|less|smaller|amount|sum|limit|known for long|had for a long/i);
  }
  expect([...kinds]).toEqual(expect.arrayContaining(FOR_ANALYSTS));
});
