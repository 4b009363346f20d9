import type { AssessmentInput } from '../../decision/input.js';
import type { UnixMs } from '../../decision/vocabulary.js';

/** What became of a withdrawal, as simulations count it: `HONEST` also stands for cancelled by the customer. */
export type OutcomeClass = 'FRAUD' | 'HONEST';

/** Labels of outcomes, in the order of the contract's `OutcomeLabel`. */
export const OUTCOME_LABELS = ['FRAUD_CONFIRMED', 'HONEST', 'CUSTOMER_CANCELLED', 'UNKNOWN', 'SENT'] as const;
export type OutcomeLabel = (typeof OUTCOME_LABELS)[number];

/** One recorded assessment, ready to be decided again. */
export interface ReplayItem {
  /** Assessment id. */
  readonly id: string;
  readonly at: UnixMs;
  readonly input: AssessmentInput;
  /** Absent: nobody knows. */
  readonly outcome?: OutcomeClass;
}

/**
 * The class of an outcome's label.
 *
 * @param label name of the contract's `OutcomeLabel` without its prefix
 * @returns undefined for labels that say nothing
 */
export function outcomeClassOf(label: string): OutcomeClass | undefined {
  switch (label) {
    case 'FRAUD_CONFIRMED':
      return 'FRAUD';
    case 'HONEST':
    case 'CUSTOMER_CANCELLED':
      return 'HONEST';
    default:
      return undefined;
  }
}
