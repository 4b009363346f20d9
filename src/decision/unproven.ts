import { toldSince } from './destinations.js';
import type { UseRecord } from './evidence.js';
import type { AssessmentInput, FactorFacts } from './input.js';
import { EVER, type Match, NO_MATCHES, requestMatch } from './match.js';
import type { Condition } from './policy-model.js';
import { destinationUse, deviceTag, factorTag, useOf } from './uses.js';
import type { UnixMs } from './vocabulary.js';

export type UnprovenCondition = Extract<Condition, { kind: 'unproven' }>;

const MINUTE_MS = 60_000;

/** What came within this of the account's opening came with the account: it is as much the owner's as the account is. */
const WITH_ACCOUNT_MS = 86_400_000;

/**
 * Devices, factors or destinations of the request that are young and served no allowed withdrawal of real size for long
 * enough: waiting alone makes nothing old. Each since it came.
 */
export function unprovenMatches(condition: UnprovenCondition, input: AssessmentInput): readonly Match[] {
  const { request } = input;
  switch (condition.what) {
    case 'device':
      return matchOf(
        condition,
        input,
        'device',
        request.deviceFirstSeenAt,
        useOf(input.ledger.uses, deviceTag(request)),
      );
    case 'destination':
      return matchOf(
        condition,
        input,
        'destination',
        toldSince(request.destination),
        destinationUse(input.ledger.uses, request),
      );
    case 'factor':
      return (request.factors ?? []).flatMap((factor, index, all) =>
        isBesideOlder(factor, all)
          ? matchOf(
              condition,
              input,
              `factor-${index}`,
              factor.enrolledAt,
              useOf(input.ledger.uses, factorTag(factor)),
            )
          : NO_MATCHES,
      );
    default:
      return condition.what satisfies never;
  }
}

function matchOf(
  { below, usedBelow }: UnprovenCondition,
  { request }: AssessmentInput,
  name: string,
  since: UnixMs | undefined,
  use: UseRecord | undefined,
): readonly Match[] {
  const { accountOpenedAt } = request;
  if (since === undefined) return NO_MATCHES;
  if (accountOpenedAt !== undefined && since <= accountOpenedAt + WITH_ACCOUNT_MS) return NO_MATCHES;
  if (use !== undefined && usedBelow === undefined) return NO_MATCHES;
  const provenAt = use === undefined ? since + below : (use.first + 1) * MINUTE_MS + (usedBelow ?? 0);
  return [requestMatch(`${name}-unproven`, since, EVER, Math.min(since + below, provenAt))];
}

/**
 * A thief enrols his own factor beside the owner's. One that stands alone replaced another, which is a signal of its own,
 * and there would be nobody to ask. Mail proves no device, so an older mailbox is no older factor.
 */
function isBesideOlder(factor: FactorFacts, all: readonly FactorFacts[]): boolean {
  const { enrolledAt } = factor;
  return (
    enrolledAt !== undefined &&
    all.some((other) => other.channel !== 'EMAIL' && (other.enrolledAt ?? enrolledAt) < enrolledAt)
  );
}
