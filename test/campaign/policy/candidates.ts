import { parseDocument } from 'yaml';

/** The policies of one campaign, as texts: what decides first, and two that somebody might try. */
export interface Trial {
  readonly name: 'packaged' | 'worse' | 'better';
  readonly text: string;
}

/** Whose hold threshold is swept. */
export const SWEPT_TIER = 'large';

/** Where the hold threshold of {@link SWEPT_TIER} is put: from just above asking to where the tier below it holds. */
export function sweptPoints(text: string): readonly number[] {
  let below = 100;
  const points: number[] = [];
  eachTier(parseDocument(text), (tier) => {
    const low = Number(tier.get('step_up')) + 1;
    if (tier.get('name') === SWEPT_TIER) points.push(low, Math.round((low + below) / 2), below);
    below = Number(tier.get('hold'));
  });
  return points;
}

/**
 * Worse asks and holds later; better holds earlier and gives a reset more weight. All have a name of their own, so that no
 * packaged cases are run each time one is made or activated: those are not what is compared here.
 */
export function trialsOf(packaged: string): readonly Trial[] {
  return [
    { name: 'packaged', text: changed(packaged, { stepUp: 0, hold: 0, reset: 0 }) },
    { name: 'worse', text: changed(packaged, { stepUp: 12, hold: 18, reset: 0 }) },
    { name: 'better', text: changed(packaged, { stepUp: -8, hold: -12, reset: 6 }) },
  ];
}

/** The same policy with the hold threshold of {@link SWEPT_TIER} moved, by changing its text. */
export function withHoldAt(text: string, points: number): string {
  const document = parseDocument(text);
  eachTier(document, (tier) => {
    if (tier.get('name') === SWEPT_TIER) tier.set('hold', points);
  });
  return String(document);
}

interface Change {
  /** Points added to thresholds. */
  readonly stepUp: number;
  readonly hold: number;
  /** Points added to what a password reset gives. */
  readonly reset: number;
}

function changed(text: string, { stepUp, hold, reset }: Change): string {
  const document = parseDocument(text);
  document.set('name', 'campaign');
  eachTier(document, (tier) => {
    const asks = Number(tier.get('step_up')) + stepUp;
    const rejects = Number(tier.get('reject'));
    tier.set('step_up', asks);
    tier.set('hold', Math.max(asks + 1, Math.min(rejects - 1, Number(tier.get('hold')) + hold)));
  });
  eachOf(document, 'rules', (rule) => {
    if (rule.get('code') === 'PASSWORD_RESET') rule.set('points', Number(rule.get('points')) + reset);
  });
  return String(document);
}

type PolicyText = ReturnType<typeof parseDocument>;

interface Member {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

function eachTier(document: PolicyText, change: (tier: Member) => void): void {
  eachOf(document, 'tiers', change);
}

function eachOf(document: PolicyText, section: string, change: (member: Member) => void): void {
  const list: unknown = document.get(section);
  if (typeof list !== 'object' || list === null || !('items' in list) || !Array.isArray(list.items)) {
    throw new Error(`the policy has no ${section}`);
  }
  for (const member of list.items) change(member);
}
