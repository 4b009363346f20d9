import type { RequestFacts } from './input.js';

/**
 * Every fact of a request that an exchange may leave out and whose absence means "unknown", by its path in the request.
 * Not among them is what is absent where there is nothing to say: `destination.first_used_at` of an address never paid,
 * `account.last_good_withdrawal_at` of a new customer.
 */
export const FACT_NAMES = [
  'email',
  'reference_value',
  'balance_share',
  'destination.network',
  'destination.kind',
  'destination.added_at',
  'destination.allowlisted',
  'destination.ownership_verified',
  'session.device_id',
  'session.device_first_seen_at',
  'session.ip',
  'session.country',
  'session.factors',
  'session.factors.enrolled_at',
  'account.opened_at',
  'account.kyc_tier',
] as const;
export type FactName = (typeof FACT_NAMES)[number];

const NONE_MISSING: readonly FactName[] = [];

/** Whether a request gives a fact. */
export function isGiven(request: RequestFacts, fact: FactName): boolean {
  const { destination } = request;
  switch (fact) {
    case 'email':
      return request.mailbox !== undefined;
    case 'reference_value':
      return request.value !== undefined;
    case 'balance_share':
      return request.balanceShare !== undefined;
    case 'destination.network':
      return destination.network !== '';
    case 'destination.kind':
      return destination.kind !== undefined;
    case 'destination.added_at':
      return destination.addedAt !== undefined;
    case 'destination.allowlisted':
      return destination.allowlisted !== undefined;
    case 'destination.ownership_verified':
      return destination.ownershipVerified !== undefined;
    case 'session.device_id':
      return request.deviceId !== undefined;
    case 'session.device_first_seen_at':
      return request.deviceFirstSeenAt !== undefined;
    case 'session.ip':
      return request.ip !== undefined;
    case 'session.country':
      return request.country !== undefined;
    case 'session.factors':
      return request.factors !== undefined;
    case 'session.factors.enrolled_at':
      // One factor without it is a factor that satisfies nothing; all without it are no factors.
      return request.factors?.some(({ enrolledAt }) => enrolledAt !== undefined) ?? false;
    case 'account.opened_at':
      return request.accountOpenedAt !== undefined;
    case 'account.kyc_tier':
      return request.kycTier !== undefined;
    default:
      return fact satisfies never;
  }
}

/** What a request leaves out, in the order of {@link FACT_NAMES}: how complete it is. */
export function missingFacts(request: RequestFacts): readonly FactName[] {
  let missing: FactName[] | undefined;
  for (const fact of FACT_NAMES) {
    if (isGiven(request, fact)) continue;
    missing ??= [];
    missing.push(fact);
  }
  return missing ?? NONE_MISSING;
}
