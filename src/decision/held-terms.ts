import { isAtMost } from './decimal.js';
import { isSameDestination } from './destinations.js';
import type { RequestFacts } from './input.js';
import type { Pseudonym } from './vocabulary.js';

/** What of a withdrawal a hold or a release is about. */
export interface HeldTerms {
  readonly destination?: Pseudonym;
  readonly asset?: string;
  readonly amount?: string;
}

/**
 * Whether what is asked is what was held or released: the same destination and asset, and no more of it. The value is
 * not looked at: it follows the price. What a record does not name may be anything.
 */
export function coversTerms(terms: HeldTerms, request: RequestFacts): boolean {
  if (terms.destination !== undefined && !isSameDestination(request.destination, terms.destination))
    return false;
  if (terms.asset !== undefined && terms.asset !== request.asset) return false;
  return terms.amount === undefined || isAtMost(request.amount, terms.amount);
}
