import { durationMs } from '@bufbuild/protobuf/wkt';
import { Decision } from './gen/holdfast/v1/decision_pb.js';
import type { AssessWithdrawalRequest, FailPosture } from './gen/holdfast/v1/risk_service_pb.js';
import type { HourlyAllowance } from './hourly-allowance.js';

/** What a client may decide alone. */
export type OwnDecision = 'ALLOW' | 'HOLD';

/** The posture as it was last heard. */
export interface KnownPosture {
  readonly posture: FailPosture;
  /** Monotonic milliseconds. */
  readonly heardAtMs: number;
}

/** What {@link mayGo} looks at besides the request. */
export interface OwnFacts {
  readonly known: KnownPosture | undefined;
  readonly allowance: HourlyAllowance;
  /** Parts into which the caps are divided. */
  readonly instances: number;
  /** Monotonic milliseconds: for how old the posture is, and for the hour. */
  readonly monotonicMs: number;
  /** Wall clock, milliseconds since 1970: for the destination's age. */
  readonly wallMs: number;
}

/** A decimal as the contract takes it: what the service would refuse cannot be counted afterwards. */
const DECIMAL = /^\+?(\d{1,38}\.?\d{0,38}|\.\d{1,38})([eE][+-]?\d{1,2})?$/;
const MAX_ID_CHARACTERS = 128;
const MAX_HUNDREDTHS = 1e14;

/**
 * What a withdrawal is worth in hundredths of the currency, rounded up.
 *
 * @returns undefined where that is not known: 0 and what is no number are not
 */
export function hundredthsOf(value: number | undefined): number | undefined {
  if (value === undefined || !(value > 0)) return undefined;
  const hundredths = Math.ceil(value * 100);
  return hundredths <= MAX_HUNDREDTHS ? hundredths : undefined;
}

/** Whether a withdrawal may go without an answer. Everything that is missing, unknown or zero means that it may not. */
export function mayGo(request: AssessWithdrawalRequest, facts: OwnFacts): boolean {
  const { known, allowance, instances, monotonicMs, wallMs } = facts;
  if (known === undefined || !isCountable(request) || request.signals.length > 0) return false;
  const { posture, heardAtMs } = known;
  const validMs = posture.validFor === undefined ? 0 : durationMs(posture.validFor);
  if (monotonicMs - heardAtMs >= validMs) return false;
  const hundredths = hundredthsOf(request.referenceValue);
  if (hundredths === undefined) return false;
  const moved = allowance.ofAccount(request.accountId, monotonicMs);
  if (decisionOf(posture, hundredths + moved.hundredths) !== Decision.ALLOW) return false;
  if (!isUsedFor(request, posture, wallMs)) return false;
  const part = (cap: bigint | number): number => Math.floor(Number(cap) / instances);
  return (
    moved.hundredths + hundredths <= part(posture.accountHourlyHundredths) &&
    moved.count + 1 <= part(posture.accountHourlyCount) &&
    allowance.total(monotonicMs) + hundredths <= part(posture.hourlyHundredths) &&
    !allowance.isFull(monotonicMs)
  );
}

/** What the hour took from an account and what is asked belong to one tier: slices are no smaller than the whole. */
function decisionOf({ tiers }: FailPosture, hundredths: number): Decision {
  for (const { belowHundredths, decision } of tiers) {
    if (belowHundredths === undefined) return Decision.HOLD;
    if (hundredths < Number(belowHundredths)) return decision;
  }
  return Decision.HOLD;
}

function isUsedFor({ destination }: AssessWithdrawalRequest, posture: FailPosture, wallMs: number): boolean {
  const usedForMs = posture.destinationUsedFor === undefined ? 0 : durationMs(posture.destinationUsedFor);
  const first = destination?.firstUsedAt;
  if (usedForMs <= 0 || first === undefined || first.seconds <= 0n) return false;
  return Number(first.seconds) * 1000 <= wallMs - usedForMs;
}

function isCountable({ withdrawalId, accountId, asset, amount }: AssessWithdrawalRequest): boolean {
  const isId = (id: string): boolean => id !== '' && id.length <= MAX_ID_CHARACTERS && !/\p{Cc}/u.test(id);
  return (
    isId(withdrawalId) &&
    isId(accountId) &&
    isId(asset) &&
    asset.length <= 32 &&
    DECIMAL.test(amount) &&
    /[1-9]/.test(amount)
  );
}
