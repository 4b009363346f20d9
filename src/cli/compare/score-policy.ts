import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { Decision } from '../../decision/vocabulary.js';
import {
  figuresOf,
  type ReplayItem,
  ruleOn,
  type SideFigures,
  simulate,
  total,
} from '../../policy/simulate/index.js';
import { ATTACK_STYLES, type AttackStyle, MAILBOX_STYLES } from '../../population/index.js';
import type { Theft } from '../population/labels.js';

/** How accounts that were taken over in one style fared. */
export interface StyleScore {
  takeovers: number;
  /** Every withdrawal of the thief was held or rejected. */
  held: number;
  /** No withdrawal of the thief was simply allowed. */
  notAllowed: number;
}

/** One line of the comparison. */
export interface PolicyScore {
  readonly policy: string;
  readonly styles: Readonly<Record<AttackStyle, StyleScore>>;
  /** All styles that go through the mailbox. */
  readonly mailbox: StyleScore;
  readonly all: StyleScore;
  readonly honest: SideFigures;
  /** How long honest customers wait, in hours of 10,000 of their withdrawals. */
  readonly heldHoursPer10k: number;
}

/** What a policy does to a history whose truth is known. */
export function scorePolicy(
  policy: CompiledPolicy,
  items: readonly ReplayItem[],
  thefts: ReadonlyMap<string, Theft>,
): PolicyScore {
  const byTakeover = new Map<number, { readonly style: AttackStyle; readonly decisions: Decision[] }>();
  for (const item of items) {
    const theft = thefts.get(item.id);
    if (theft === undefined) continue;
    const known = byTakeover.get(theft.takeover) ?? { style: theft.style, decisions: [] };
    known.decisions.push(ruleOn(item.input, policy).decision);
    byTakeover.set(theft.takeover, known);
  }
  const styles = noScores();
  const mailbox = noScore();
  const all = noScore();
  for (const { style, decisions } of byTakeover.values()) {
    add(styles[style], decisions);
    add(all, decisions);
    if (MAILBOX_STYLES.has(style)) add(mailbox, decisions);
  }
  const { after } = simulate(items, policy, policy);
  const honest = figuresOf(after, { days: 1, sampleEvery: 1 });
  let minutes = 0;
  for (const [length, count] of after.honestHoldMinutes) minutes += length * count;
  const honests = total(after.outcomes.HONEST).count;
  const heldHoursPer10k = honests === 0 ? 0 : ((minutes / 60) * 10_000) / honests;
  return { policy: policy.name, styles, mailbox, all, honest, heldHoursPer10k };
}

function add(score: StyleScore, decisions: readonly Decision[]): void {
  score.takeovers++;
  if (decisions.every((decision) => decision === 'HOLD' || decision === 'REJECT')) score.held++;
  if (decisions.every((decision) => decision !== 'ALLOW')) score.notAllowed++;
}

function noScore(): StyleScore {
  return { takeovers: 0, held: 0, notAllowed: 0 };
}

function noScores(): Record<AttackStyle, StyleScore> {
  const scores: Partial<Record<AttackStyle, StyleScore>> = {};
  for (const style of ATTACK_STYLES) scores[style] = noScore();
  return scores as Record<AttackStyle, StyleScore>;
}

/** In the order in which they are told. */
export const STYLES_IN_ORDER = ATTACK_STYLES;
