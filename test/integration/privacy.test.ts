import { status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Channel } from '../../src/gen/holdfast/v1/decision_pb.js';
import { PolicyService } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { OutcomeLabel, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import {
  details,
  failure,
  filesBelow,
  type RequestInit,
  type SignalInit,
  startTestService,
  stopServices,
  type TestService,
} from './harness.js';
import { ago, MINUTE_MS, theft } from './requests.js';

/** Identifiers of persons that must not be in any file, line, metric or error. */
const CANARIES = {
  email: 'canary-mailbox-71fa@att.net',
  signalEmail: 'canary-signal-82bc@canary-domain-93cd.example',
  inlineEmail: 'canary-inline-a4de@gmail.com',
  deviceId: 'canary-device-b5ef',
  ip: '203.0.113.177',
  ipv6: '2001:db8:cafe:f00d::1',
  destination: 'bc1qcanarydestinationc6f0tail',
  attribute: 'canary-attribute-d701',
  factorId: 'canary-factor-e812',
  signalFactorId: 'canary-signal-factor-f923',
} as const;

/** The exchange's own ids are kept as given, since lists return them; they must not reach logs, metrics and errors. */
const OPAQUE_IDS = {
  accountId: 'opaque-account-e812',
  withdrawalId: 'opaque-withdrawal-f923',
  requestId: 'opaque-request-0a34',
  signalId: 'opaque-signal-1b45',
} as const;

function signal(changes: SignalInit = {}): SignalInit {
  return {
    signalId: OPAQUE_IDS.signalId,
    accountId: OPAQUE_IDS.accountId,
    type: SignalType.PASSWORD_RESET,
    email: CANARIES.signalEmail,
    channel: Channel.EMAIL,
    occurredAt: ago(MINUTE_MS),
    attributes: { note: CANARIES.attribute, [CANARIES.attribute]: 'x' },
    factor: { channel: Channel.TOTP, factorId: CANARIES.signalFactorId },
    ...changes,
  };
}

function request(changes: RequestInit = {}): RequestInit {
  return theft(OPAQUE_IDS.withdrawalId, {
    requestId: OPAQUE_IDS.requestId,
    accountId: OPAQUE_IDS.accountId,
    email: CANARIES.email,
    destination: { address: CANARIES.destination, network: 'bitcoin', addedAt: ago(MINUTE_MS) },
    session: {
      deviceId: CANARIES.deviceId,
      deviceFirstSeenAt: ago(MINUTE_MS),
      ip: CANARIES.ip,
      factors: [{ channel: Channel.TOTP, factorId: CANARIES.factorId }],
    },
    signals: [signal({ signalId: 'opaque-inline', email: CANARIES.inlineEmail })],
    ...changes,
  });
}

/** Canaries and opaque ids found in a text, whatever their case, also in what base64 of it would hide. */
function found(bytes: Buffer | string, needles: readonly string[]): readonly string[] {
  const text = (typeof bytes === 'string' ? bytes : bytes.toString('latin1')).toLowerCase();
  const utf16 = (needle: string) => Buffer.from(needle, 'utf16le').toString('latin1');
  return needles.filter((needle) => {
    const lower = needle.toLowerCase();
    return (
      text.includes(lower) ||
      text.includes(utf16(lower)) ||
      encodings(needle).some((code) => text.includes(code))
    );
  });
}

/** The middle of the needle's base64 in each of its three alignments, and its hexadecimal form. */
function encodings(needle: string): readonly string[] {
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.from('.'.repeat(shift) + needle)
      .toString('base64')
      .slice(4, -4),
  );
  return [...shifted, Buffer.from(needle).toString('hex')].map((code) => code.toLowerCase());
}

const PERSONAL = Object.values(CANARIES);
const ANY_ID = [...PERSONAL, ...Object.values(OPAQUE_IDS)];

/** Everything that a caller learns from an error. */
function told(error: ServiceError): string {
  const { status, info, badRequest } = details(error);
  const violations = badRequest?.fieldViolations.map(({ field, description }) => `${field} ${description}`);
  return JSON.stringify([error.details, error.message, status.message, info?.metadata, violations]);
}

let running: TestService;

beforeEach(async () => {
  running = await startTestService({ env: { HOLDFAST_REFLECTION: 'on' } });
});

afterEach(stopServices);

describe('I8: nothing identifies a person in files, logs, metrics and errors', () => {
  test('the search finds what it looks for', () => {
    expect(found(`x ${CANARIES.email.toUpperCase()} y`, PERSONAL)).toEqual([CANARIES.email]);
    expect(found(Buffer.from(`ab${CANARIES.deviceId}cd`).toString('base64'), PERSONAL)).toEqual([
      CANARIES.deviceId,
    ]);
    expect(found(Buffer.from(CANARIES.destination, 'utf16le'), PERSONAL)).toEqual([CANARIES.destination]);
    expect(found('the last four: tail', PERSONAL)).toEqual([]);
  });

  test('after good calls', async () => {
    await running.report(signal());
    const answer = await running.assessBytes(request());
    await running.assess(
      request({ requestId: '', session: { deviceId: CANARIES.deviceId, ip: CANARIES.ipv6 } }),
    );
    await running.assess(request({ requestId: '', dryRun: true }));
    for (const address of [CANARIES.destination.repeat(20), `${CANARIES.destination}\n`]) {
      await running.assess(request({ requestId: '', destination: { address } }));
    }
    const unreadable = `${CANARIES.email} ${CANARIES.email}`;
    await running.report({ ...signal(), signalId: '', email: unreadable });
    await running.assess(request({ requestId: '', email: unreadable }));
    await running.client.call(RiskService.method.listAssessments, { accountId: OPAQUE_IDS.accountId });
    expect(found(answer, ANY_ID)).toEqual([]);
    await expectClean(running);
  });

  test('after every kind of error', async () => {
    await running.report(signal());
    await running.assess(request());
    const failed = await Promise.all([
      failure(running.assess(request({ amount: CANARIES.destination, requestId: 'other' }))),
      failure(running.assess(request({ email: `${CANARIES.email}\u0000` }))),
      failure(running.assess(request({ session: { ip: CANARIES.deviceId, country: CANARIES.attribute } }))),
      failure(running.assess(request({ asset: CANARIES.destination.repeat(20) }))),
      failure(running.assess(request({ amount: '7' }))),
      failure(running.assess(request({ requestId: '', signals: [signal({ type: SignalType.NEW_DEVICE })] }))),
      failure(running.assess(request({ requestId: '', atLeastAsFresh: CANARIES.email }))),
      failure(running.client.call(RiskService.method.getAssessment, { assessmentId: CANARIES.email })),
      failure(running.client.call(RiskService.method.listAssessments, { pageToken: CANARIES.email })),
      failure(
        running.client.call(PolicyService.method.createPolicyRevision, {
          author: CANARIES.email,
          text: CANARIES.destination,
        }),
      ),
    ]);
    expect(failed.map(({ code }) => GrpcStatus[code])).toEqual([
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'FAILED_PRECONDITION',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
      'NOT_FOUND',
      'INVALID_ARGUMENT',
      'FAILED_PRECONDITION',
    ]);
    expect(failed.flatMap((error) => found(told(error), ANY_ID))).toEqual([]);
    const { rejected } = await running.report(
      signal({ email: CANARIES.destination }),
      signal({ attributes: { [CANARIES.attribute.repeat(5)]: CANARIES.email } }),
      signal({ signalId: `${CANARIES.email}\n` }),
    );
    expect(rejected).toHaveLength(3);
    const outcomes = await running.client.call(RiskService.method.reportOutcome, {
      outcomes: [
        { assessmentId: CANARIES.destination, label: OutcomeLabel.HONEST, reportedBy: CANARIES.email },
      ],
    });
    expect(found(JSON.stringify(outcomes.rejected), ANY_ID)).toEqual([]);
    expect(found(JSON.stringify(rejected.map(({ field, cause }) => [field, cause])), ANY_ID)).toEqual([]);
    expect(rejected[2]?.signalId).toBe('');
    await expectClean(running);
  });

  test('after our own faults, whose messages quote what they choked on', async () => {
    const { view } = running.service.stores;
    Object.defineProperty(view, 'ledger', {
      value: (_tenant: string, accountId: string) => {
        throw new Error(`cannot read ${accountId} of ${CANARIES.email}`);
      },
    });
    const error = await failure(running.assess(request()));
    expect(error.code).toBe(GrpcStatus.INTERNAL);
    expect(found(told(error), ANY_ID)).toEqual([]);
    expect(running.logLines.some((line) => line.includes('call_failed'))).toBe(true);
    await expectClean(running);
  });
});

/** Looks into log, metrics and every file, while it runs and after it has stopped. */
async function expectClean(service: TestService): Promise<void> {
  const metrics = await service.ops('/metrics');
  const unknown = await service.ops(`/${CANARIES.email}`);
  expect(found(metrics.text + unknown.text, ANY_ID)).toEqual([]);
  expect(filesWith(service, PERSONAL)).toEqual([]);
  await service.stop();
  expect(filesWith(service, PERSONAL)).toEqual([]);
  expect(service.logLines.length).toBeGreaterThan(0);
  expect(found(service.logLines.join(''), ANY_ID)).toEqual([]);
}

function filesWith(service: TestService, needles: readonly string[]): readonly string[] {
  const files = filesBelow(service.folder);
  expect(files.some(({ path }) => path.endsWith('.mdb'))).toBe(true);
  return files.flatMap(({ path, bytes }) => found(bytes, needles).map((needle) => `${path}: ${needle}`));
}
