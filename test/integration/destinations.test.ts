import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { getAssessment } from '../../src/audit/index.js';
import type { DestinationFacts } from '../../src/decision/input.js';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import {
  type AssessWithdrawalResponse,
  DestinationTagType,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { positionOf } from '../../src/journal/index.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import type { AssessmentBody } from '../../src/store/codec/entries.js';
import { parseMetrics } from '../telemetry/parse-metrics.js';
import { type RequestInit, startTestService, stopServices, type TestService } from './harness.js';
import { ago, codes, DAY_MS, degradations, HOUR_MS, MINUTE_MS, reset, theft, usual } from './requests.js';

const XRP = 'raSMVoKrv6B4SA3ZDUMrLo8qeQsaB6bvKk';
const X_WITHOUT_TAG = 'X7mGQqmmzYqBfGyv3tfK1vgGQ1bCLvwBCyW4AMMHeh2ZPsd';
const STELLAR = 'GC5TYCUIOLKHWRDF4UKXGGUV23GKLOA4P6LQI2ITLOTILX6H4AR52RKR';
const STELLAR_ID_0 = 'MC5TYCUIOLKHWRDF4UKXGGUV23GKLOA4P6LQI2ITLOTILX6H4AR52AAAAAAAAAAAAA56U';
const TON = 'EQBYGlpNh3mlxO5yb-rKp6wXcxJAj77HuScEOUaTnnVBYxnR';
const TON_RESPELT = 'UQBYGlpNh3mlxO5yb-rKp6wXcxJAj77HuScEOUaTnnVBY0QU';
const EVM = '0x52908400098527886E0F7030069857D2E4169EE7';

type DestinationInit = NonNullable<RequestInit['destination']>;

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
  await running.report(reset());
});

afterEach(stopServices);

function tag(value: string, type = DestinationTagType.UNSPECIFIED): DestinationInit['tag'] {
  return { state: { case: 'value', value }, type };
}

const NO_TAG: DestinationInit['tag'] = { state: { case: 'none', value: true } };

function to(destination: DestinationInit): RequestInit {
  return theft('w-1', { destination: { addedAt: ago(10 * MINUTE_MS), ...destination } });
}

/** The counts of a metric by the values of its labels. */
async function metric(name: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const [sample, count] of parseMetrics((await running.ops('/metrics')).text)) {
    if (!sample.startsWith(`${name}{`)) continue;
    counts[[...sample.matchAll(/="([^"]*)"/g)].map(([, value]) => value).join(' ')] = count;
  }
  return counts;
}

/** What was recorded of an answer. */
function bodyOf({ assessmentId }: AssessWithdrawalResponse): AssessmentBody {
  const recorded = getAssessment(
    running.service.stores.journal,
    'default',
    assessmentId,
    positionOf(assessmentId) ?? 0,
  );
  if (recorded === undefined) throw new Error('the answer was not recorded');
  return recorded.body;
}

describe('a hold, as a thief would shake it off', () => {
  async function secondAnswer(
    first: DestinationInit,
    second: DestinationInit,
  ): Promise<{ readonly restarted: boolean; readonly answer: AssessWithdrawalResponse }> {
    expect((await running.assess(to(first))).decision).toBe(Decision.HOLD);
    running.clock.now += HOUR_MS;
    const answer = await running.assess(to(second));
    return { restarted: codes(answer).includes('HOLD_RESTARTED'), answer };
  }

  test.each<readonly [string, DestinationInit, DestinationInit]>([
    [
      'respelt in TON',
      { network: 'ton', address: TON, tag: tag('5') },
      { network: 'toncoin', address: TON_RESPELT, tag: tag('5') },
    ],
    [
      'on another name of the network',
      { network: 'ERC20', address: EVM },
      { network: 'Ethereum', address: EVM.toLowerCase() },
    ],
    ['on another chain of one key', { network: 'bsc', address: EVM }, { network: 'polygon', address: EVM }],
    [
      'as an X-address',
      { network: 'xrp', address: XRP, tag: NO_TAG },
      { network: 'ripple', address: X_WITHOUT_TAG },
    ],
    [
      'with zeros in front of the tag',
      { network: 'xrp', address: XRP, tag: tag('42') },
      { network: 'xrp', address: XRP, tag: tag('0042') },
    ],
    [
      'with the tag said twice',
      { network: 'stellar', address: STELLAR_ID_0 },
      { network: 'stellar', address: STELLAR, tag: tag('0', DestinationTagType.ID) },
    ],
    [
      'as a payment request',
      { network: 'bitcoin', address: bitcoinAddress('x') },
      { network: 'btc', address: `bitcoin:${bitcoinAddress('x').toUpperCase()}?amount=1` },
    ],
  ])('is the same hold %s', async (_name, first, second) => {
    expect((await secondAnswer(first, second)).restarted).toBe(false);
  });

  test.each<readonly [string, DestinationInit, DestinationInit]>([
    [
      'with the tag dropped',
      { network: 'xrp', address: XRP, tag: tag('42') },
      { network: 'xrp', address: XRP },
    ],
    ['with a tag added', { network: 'xrp', address: XRP }, { network: 'xrp', address: XRP, tag: tag('42') }],
    [
      'with another tag',
      { network: 'xrp', address: XRP, tag: tag('42') },
      { network: 'xrp', address: XRP, tag: tag('43') },
    ],
    [
      'with tag 0 for none',
      { network: 'xrp', address: XRP, tag: NO_TAG },
      { network: 'xrp', address: XRP, tag: tag('0') },
    ],
    [
      'with a tag that is none',
      { network: 'xrp', address: XRP },
      { network: 'xrp', address: XRP, tag: tag('4294967296') },
    ],
    [
      'with two tags',
      { network: 'stellar', address: STELLAR_ID_0 },
      { network: 'stellar', address: STELLAR_ID_0, tag: tag('7') },
    ],
    [
      'without the network',
      { network: 'bitcoin', address: bitcoinAddress('x') },
      { address: bitcoinAddress('x') },
    ],
    [
      'on a network that nobody knows',
      { network: 'bitcoin', address: bitcoinAddress('x') },
      { network: 'bitcoin-2', address: bitcoinAddress('x') },
    ],
  ])('begins anew %s', async (_name, first, second) => {
    const { restarted, answer } = await secondAnswer(first, second);
    expect(answer.decision).toBe(Decision.HOLD);
    expect(restarted).toBe(true);
  });
});

describe('a destination that cannot be read', () => {
  test.each<readonly [string, string, DestinationInit]>([
    ['DESTINATION_NETWORK_ABSENT', ' NETWORK_ABSENT', { address: XRP }],
    [
      'DESTINATION_NETWORK_UNKNOWN',
      'unknown NETWORK_UNKNOWN',
      { network: 'a-network-of-mine', address: XRP },
    ],
    [
      'DESTINATION_ADDRESS_UNREADABLE',
      'bitcoin ADDRESS_UNREADABLE',
      { network: 'BTC', address: 'bc1qnothing' },
    ],
    [
      'DESTINATION_TAG_CONFLICT',
      'ripple TAG_CONFLICT',
      { network: 'xrp', address: X_WITHOUT_TAG, tag: tag('7') },
    ],
    [
      'DESTINATION_TAG_UNREADABLE',
      'ripple TAG_UNREADABLE',
      { network: 'xrp', address: XRP, tag: tag('4294967296') },
    ],
    ['DESTINATION_TAG_ABSENT', 'ripple TAG_ABSENT', { network: 'xrp', address: XRP }],
    ['DESTINATION_IS_NAME', 'ethereum NAME', { network: 'eth', address: 'somebody.eth' }],
    [
      'DESTINATION_ADDRESS_UNREADABLE',
      'bitcoin ADDRESS_UNREADABLE',
      { network: 'BTC', address: 'b'.repeat(2_000) },
    ],
    [
      'DESTINATION_ADDRESS_UNREADABLE',
      'ethereum ADDRESS_UNREADABLE',
      { network: 'ETH', address: '0x52\n0x52' },
    ],
    ['DESTINATION_NETWORK_UNKNOWN', 'unknown NETWORK_UNKNOWN', { network: 'n'.repeat(300), address: EVM }],
    [
      'DESTINATION_TAG_UNREADABLE',
      'stellar TAG_UNREADABLE',
      { network: 'xlm', address: STELLAR, tag: tag('7', 99 as DestinationTagType) },
    ],
    [
      'DESTINATION_TAG_UNREADABLE',
      'ton TAG_UNREADABLE',
      { network: 'ton', address: TON, tag: tag('t'.repeat(2_000)) },
    ],
  ])('is %s, counted by network, no error and no exemption', async (code, labels, destination) => {
    const known = { addedAt: ago(300 * DAY_MS), firstUsedAt: ago(290 * DAY_MS), allowlisted: true };
    // Half of the balance, two hours after a reset: only a destination known for long is exempt from the lock.
    const answer = await running.assess(
      usual('w-1', { balanceShare: 0.6, referenceValue: 900, destination: { ...destination, ...known } }),
    );
    expect(degradations(answer)).toContain(code);
    expect(codes(answer)).toContain('LOCK_RESET');
    const counted = await metric('holdfast_destination_doubts_total');
    expect(Object.keys(counted)).toEqual([labels.trim().includes(' ') ? labels : `unknown ${labels.trim()}`]);
  });

  test('and one that can is exempt', async () => {
    const answer = await running.assess(usual('w-1', { balanceShare: 0.6, referenceValue: 900 }));
    expect(codes(answer)).not.toContain('LOCK_RESET');
    expect(await metric('holdfast_destination_doubts_total')).toEqual({});
  });
});

describe('a folder of before', () => {
  const SHARED: DestinationInit = { network: 'ripple', address: XRP, addedAt: ago(300 * DAY_MS) };

  const NEW: DestinationInit = { network: 'ripple', address: XRP };

  /** Records an answer as a service did that knew destinations by their text. */
  async function recordedAsBefore(request: RequestInit): Promise<AssessmentBody> {
    const answer = await running.assess({ ...request, accountId: 'another' });
    const body = bodyOf(answer);
    const { destination } = body.input.request;
    const { suffix, network, formerId = '', addedAt } = destination;
    const before: DestinationFacts = {
      id: formerId,
      suffix,
      network,
      ...(addedAt !== undefined && { addedAt }),
    };
    const input = {
      ...body.input,
      request: { ...body.input.request, accountId: 'account-1', destination: before },
    };
    return { ...body, input };
  }

  test('keeps its holds, whatever is told of the tag since', async () => {
    await running.write('default', { ...(await recordedAsBefore(to(NEW))), decision: 'HOLD' });
    running = await running.restart();
    running.clock.now += HOUR_MS;
    const answer = await running.assess(to({ ...NEW, tag: tag('42') }));
    expect(answer.decision).toBe(Decision.HOLD);
    expect(codes(answer)).not.toContain('HOLD_RESTARTED');
    expect(await metric('holdfast_former_destinations_total')).toMatchObject({ hold: 1 });
    // From then on the hold is for that customer of theirs.
    running.clock.now += 1;
    expect(codes(await running.assess(to({ ...NEW, tag: tag('43') })))).toContain('HOLD_RESTARTED');
  });

  test('keeps what the account paid known, until that has aged out', async () => {
    const paid = usual('w-0', { referenceValue: 900, destination: SHARED });
    await running.write('default', { ...(await recordedAsBefore(paid)), decision: 'ALLOW' });
    running = await running.restart();
    const again = usual('w-1', { balanceShare: 0.6, referenceValue: 900, destination: SHARED });
    const answer = await running.assess(again);
    expect(codes(answer)).not.toContain('LOCK_RESET');
    expect(degradations(answer)).toContain('DESTINATION_TAG_ABSENT');
    expect(await metric('holdfast_former_destinations_total')).toMatchObject({ use: 1, outflow: 1 });
    // Nothing that the text never said.
    for (const other of [
      { ...SHARED, tag: tag('4294967296') },
      { ...SHARED, address: X_WITHOUT_TAG, tag: tag('7') },
    ]) {
      running.clock.now += 1;
      expect(codes(await running.assess({ ...again, destination: other }))).toContain('LOCK_RESET');
    }
  });

  test('takes no exemption from anybody for 180 days, paid through us or not, and gives none to what is new', async () => {
    const paid = usual('w-0', { referenceValue: 900 });
    await running.write('default', { ...(await recordedAsBefore(paid)), decision: 'ALLOW' });
    running = await running.restart();
    const upgraded = running.clock.now;
    const doubtful: readonly DestinationInit[] = [
      { network: 'ripple', address: XRP },
      { network: 'ton', address: TON },
      { network: 'a-network-of-mine', address: XRP },
      { address: XRP },
      { network: 'BTC', address: 'bc1qnothing' },
      { network: 'eth', address: 'somebody.eth' },
    ];
    const resetNow = () => reset({ occurredAt: timestampFromMs(running.clock.now - HOUR_MS) });
    const isExempt = async (destination: DestinationInit, added: number): Promise<boolean> => {
      running.clock.now += 1;
      const id = `w-${running.clock.now}`;
      const asked = { ...destination, addedAt: timestampFromMs(added) };
      const answer = await running.assess(
        usual(id, { balanceShare: 0.6, referenceValue: 900, destination: asked }),
      );
      expect(degradations(answer).some((code) => code.startsWith('DESTINATION_'))).toBe(true);
      return !codes(answer).includes('LOCK_RESET');
    };
    for (const destination of doubtful) {
      expect(await isExempt(destination, upgraded - 300 * DAY_MS)).toBe(true);
    }
    expect(await metric('holdfast_former_destinations_total')).toMatchObject({ known: doubtful.length });
    running.clock.now = upgraded + 100 * DAY_MS;
    await running.report(resetNow());
    for (const destination of doubtful) {
      expect(await isExempt(destination, upgraded - DAY_MS)).toBe(true);
      expect(await isExempt(destination, upgraded + DAY_MS)).toBe(false);
    }
    running.clock.now = upgraded + 181 * DAY_MS;
    await running.report(resetNow());
    for (const destination of doubtful) {
      expect(await isExempt(destination, upgraded - 300 * DAY_MS)).toBe(false);
    }
  });

  test('is recorded with what it was known by, so that the answer replays', async () => {
    const paid = usual('w-0', { referenceValue: 900, destination: SHARED });
    await running.write('default', { ...(await recordedAsBefore(paid)), decision: 'ALLOW' });
    const answer = await running.assess(usual('w-1', { destination: SHARED }));
    const body = bodyOf(answer);
    expect(body.input.request.destination).toMatchObject({ knownBefore: true, tag: 'NOT_TOLD' });
    expect(JSON.stringify(body)).not.toContain(XRP);
  });
});
