import { ATTACK_STYLES, type AttackStyle } from './events.js';
import type { Weighted } from './random.js';

type Styles = readonly [Weighted<AttackStyle>, ...Weighted<AttackStyle>[]];

/** What a policy must not depend on: tuned in one world, it is tried in others. */
export interface World {
  /** How often security changes and troubles happen to honest customers, times the usual; above 0. */
  readonly changes: number;
  /** Part of the mail homes, 0 to 1, that are exchanged for ones whose provider says nothing. */
  readonly silent: number;
  readonly styles: Styles;
}

/** Nobody publishes shares. Every style is often enough to be measured. */
const USUAL_STYLES: Styles = [
  { weight: 20, item: 'fast' },
  { weight: 15, item: 'patient' },
  { weight: 10, item: 'slicing' },
  { weight: 10, item: 'email-first' },
  { weight: 10, item: 'aged' },
  { weight: 8, item: 'ripened' },
  { weight: 5, item: 'sleeping' },
  { weight: 8, item: 'late-notice' },
  { weight: 14, item: 'silent-provider' },
  { weight: 7, item: 'sim-swap' },
  { weight: 7, item: 'support' },
  { weight: 9, item: 'stuffing' },
  { weight: 4, item: 'draining' },
];

export const USUAL_WORLD: World = { changes: 1, silent: 0, styles: USUAL_STYLES };

/**
 * Reads a mixture of styles, such as `fast=1,patient=3`; styles left out do not happen.
 *
 * @returns undefined if the text is not one
 */
export function readStyles(text: string): Styles | undefined {
  const weights = text.split(',').map(readWeight);
  const [first, ...rest] = weights.flatMap((weight) => weight ?? []);
  if (first === undefined || rest.length + 1 !== weights.length) return undefined;
  return [first, ...rest];
}

function readWeight(text: string): Weighted<AttackStyle> | undefined {
  const [name, weight] = text.split('=');
  const item = ATTACK_STYLES.find((style) => style === name?.trim());
  const value = Number(weight);
  return item !== undefined && value > 0 && Number.isFinite(value) ? { item, weight: value } : undefined;
}
