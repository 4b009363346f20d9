import { describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/index.js';
import type { AssessmentInput, RequestFacts } from '../../src/decision/input.js';
import type { Condition } from '../../src/decision/policy-model.js';
import {
  DAY,
  event,
  HOUR,
  inputOf,
  NOW,
  policyOf,
  requestOf,
  rule,
  signal,
  spend,
  thiefRequest,
  viewOf,
  withSignals,
} from './fixtures.js';

/** Points by code. */
function points(input: AssessmentInput, policy: Parameters<typeof policyOf>[0]): Record<string, number> {
  const { reasons } = decide(input, policyOf(policy));
  return Object.fromEntries(reasons.map((reason) => [reason.code, reason.points]));
}

const RESET: Condition = { kind: 'signal', types: ['PASSWORD_RESET'] };

describe('conditions', () => {
  const matches = (when: Condition, input: AssessmentInput): boolean =>
    points(input, { rules: [rule('RULE', 10, when)] })['RULE'] === 10;
  const asked = (request: Partial<RequestFacts>) => inputOf({ request: requestOf(request) });
  const destination = requestOf().destination;

  test.each<{ name: string; when: Condition; input: AssessmentInput; met: boolean }>([
    {
      name: 'a signal of the type',
      when: RESET,
      input: withSignals(inputOf(), signal('PASSWORD_RESET', HOUR)),
      met: true,
    },
    {
      name: 'a signal of another type',
      when: RESET,
      input: withSignals(inputOf(), signal('NEW_DEVICE', HOUR)),
      met: false,
    },
    {
      name: 'a signal over the channel',
      when: { ...RESET, channels: ['EMAIL'] },
      input: withSignals(inputOf(), signal('PASSWORD_RESET', HOUR, { channel: 'EMAIL' })),
      met: true,
    },
    {
      name: 'a signal over another channel',
      when: { ...RESET, channels: ['EMAIL'] },
      input: withSignals(inputOf(), signal('PASSWORD_RESET', HOUR, { channel: 'SMS' })),
      met: false,
    },
    {
      name: 'a signal over an unknown channel',
      when: { ...RESET, channels: ['EMAIL'] },
      input: withSignals(inputOf(), signal('PASSWORD_RESET', HOUR)),
      met: false,
    },
    {
      name: 'an event that need not be unauthorised',
      when: { kind: 'event', types: ['APP_PASSWORD_CREATED'] },
      input: inputOf({ mailboxes: [viewOf([event('APP_PASSWORD_CREATED', HOUR)])] }),
      met: true,
    },
    {
      name: 'an event that must be unauthorised',
      when: { kind: 'event', types: ['APP_PASSWORD_CREATED'], unauthorised: true },
      input: inputOf({ mailboxes: [viewOf([event('APP_PASSWORD_CREATED', HOUR)])] }),
      met: false,
    },
    {
      name: 'an event followed by a signal in time',
      when: {
        kind: 'event',
        types: ['RECOVERY_ACTIVATED'],
        followedBy: { types: ['PASSWORD_RESET'], within: 2 * HOUR },
      },
      input: withSignals(
        inputOf({ mailboxes: [viewOf([event('RECOVERY_ACTIVATED', 3 * HOUR)])] }),
        signal('PASSWORD_RESET', HOUR),
      ),
      met: true,
    },
    {
      name: 'an event followed by a signal too late',
      when: {
        kind: 'event',
        types: ['RECOVERY_ACTIVATED'],
        followedBy: { types: ['PASSWORD_RESET'], within: HOUR },
      },
      input: withSignals(
        inputOf({ mailboxes: [viewOf([event('RECOVERY_ACTIVATED', 3 * HOUR)])] }),
        signal('PASSWORD_RESET', HOUR),
      ),
      met: false,
    },
    {
      name: 'an event preceded by the signal',
      when: {
        kind: 'event',
        types: ['RECOVERY_ACTIVATED'],
        followedBy: { types: ['PASSWORD_RESET'], within: DAY },
      },
      input: withSignals(
        inputOf({ mailboxes: [viewOf([event('RECOVERY_ACTIVATED', HOUR)])] }),
        signal('PASSWORD_RESET', 3 * HOUR),
      ),
      met: false,
    },
    {
      name: 'a young destination',
      when: { kind: 'destinationAge', below: DAY },
      input: inputOf({ request: thiefRequest() }),
      met: true,
    },
    {
      name: 'an old destination',
      when: { kind: 'destinationAge', below: DAY },
      input: inputOf(),
      met: false,
    },
    {
      name: 'a destination of unknown age',
      when: { kind: 'destinationAge', below: DAY },
      input: asked({ destination: { id: 'd', suffix: 's', network: 'n' } }),
      met: false,
    },
    {
      name: 'a destination long used',
      when: { kind: 'destinationUsed', atLeast: 190 * DAY },
      input: inputOf(),
      met: true,
    },
    {
      name: 'a destination not used for so long',
      when: { kind: 'destinationUsed', atLeast: 191 * DAY },
      input: inputOf(),
      met: false,
    },
    {
      name: 'an allowlisted destination',
      when: { kind: 'destinationAllowlisted', atLeast: 0 },
      input: asked({ destination: { id: 'd', suffix: 's', network: 'n', allowlisted: true } }),
      met: true,
    },
    {
      name: 'an allowlisted destination of unknown age',
      when: { kind: 'destinationAllowlisted', atLeast: DAY },
      input: asked({ destination: { id: 'd', suffix: 's', network: 'n', allowlisted: true } }),
      met: false,
    },
    {
      name: 'an allowlisted old destination',
      when: { kind: 'destinationAllowlisted', atLeast: DAY },
      input: asked({ destination: { ...destination, allowlisted: true } }),
      met: true,
    },
    {
      name: 'no allowlist',
      when: { kind: 'destinationAllowlisted', atLeast: 0 },
      input: inputOf(),
      met: false,
    },
    { name: 'ownership unknown', when: { kind: 'destinationOwned' }, input: inputOf(), met: false },
    {
      name: 'ownership verified',
      when: { kind: 'destinationOwned' },
      input: asked({ destination: { ...destination, ownershipVerified: true } }),
      met: true,
    },
    { name: 'an old device', when: { kind: 'deviceAge', atLeast: 300 * DAY }, input: inputOf(), met: true },
    {
      name: 'a device not between',
      when: { kind: 'deviceAge', atLeast: DAY, below: 300 * DAY },
      input: inputOf(),
      met: false,
    },
    { name: 'a large share', when: { kind: 'balanceShare', atLeast: 0.05 }, input: inputOf(), met: true },
    { name: 'a smaller share', when: { kind: 'balanceShare', atLeast: 0.06 }, input: inputOf(), met: false },
    { name: 'an old account', when: { kind: 'accountAge', atLeast: 400 * DAY }, input: inputOf(), met: true },
    {
      name: 'no good withdrawal known',
      when: { kind: 'lastGoodWithdrawal', atLeast: 0 },
      input: inputOf(),
      met: false,
    },
    {
      name: 'a good withdrawal long ago',
      when: { kind: 'lastGoodWithdrawal', atLeast: DAY },
      input: asked({ lastGoodWithdrawalAt: NOW - DAY }),
      met: true,
    },
    {
      name: 'this withdrawal alone',
      when: { kind: 'withdrawalCount', atLeast: 1 },
      input: inputOf(),
      met: true,
    },
    {
      name: 'two withdrawals in a day',
      when: { kind: 'withdrawalCount', atLeast: 2 },
      input: inputOf({ ledger: { spends: [spend(23 * HOUR, 1)], holds: [], releases: [] } }),
      met: true,
    },
    {
      name: 'the same withdrawal twice, one not counted, one too old',
      when: { kind: 'withdrawalCount', atLeast: 2 },
      input: inputOf({
        ledger: {
          spends: [
            spend(HOUR, 1, { withdrawal: 'digest-w-1' }),
            spend(HOUR, 1, { counted: false }),
            spend(25 * HOUR, 1),
          ],
          holds: [],
          releases: [],
        },
      }),
      met: false,
    },
  ])('$name: $met', ({ when, input, met }) => {
    expect(matches(when, input)).toBe(met);
  });

  test.each([
    { counts: [[0, 10]], atLeast: 10, met: true },
    { counts: [[0, 9]], atLeast: 10, met: false },
    {
      counts: [
        [0, 5],
        [3, 5],
      ],
      atLeast: 10,
      met: true,
    },
    {
      counts: [
        [0, 5],
        [7, 5],
      ],
      atLeast: 10,
      met: false,
    },
    { counts: [[7, 20]], atLeast: 10, met: false },
  ])('failed sign-ins $counts, at least $atLeast in six hours: $met', ({ counts, atLeast, met }) => {
    const loginFailures = counts.map(([ago = 0, count = 0]) => ({
      hour: Math.floor(NOW / HOUR) - ago,
      ids: Array.from({ length: count }, (_, id) => id),
    }));
    const input = inputOf({ account: { signals: [], loginFailures, mailboxes: [] } });
    expect(matches({ kind: 'loginFailures', atLeast, within: 6 * HOUR }, input)).toBe(met);
  });
});
