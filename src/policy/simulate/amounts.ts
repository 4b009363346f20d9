import { DECISIONS, type Decision, type MinorUnits } from '../../decision/vocabulary.js';

/** How many, and what they add up to. Assessments without a value count with 0. */
export interface Amount {
  count: number;
  /** Exact below 2^53 minor units: 90 trillion of a currency. */
  value: MinorUnits;
}

export type ByDecision = Record<Decision, Amount>;

export function noAmount(): Amount {
  return { count: 0, value: 0 };
}

export function noDecisions(): ByDecision {
  return { ALLOW: noAmount(), STEP_UP: noAmount(), HOLD: noAmount(), REJECT: noAmount() };
}

export function addTo(amount: Amount, value: MinorUnits): void {
  amount.count++;
  amount.value += value;
}

export function mergeAmount(into: Amount, from: Amount): void {
  into.count += from.count;
  into.value += from.value;
}

export function mergeDecisions(into: ByDecision, from: ByDecision): void {
  for (const decision of DECISIONS) mergeAmount(into[decision], from[decision]);
}

/** The member of a map, made when it is not there yet. */
export function memberOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

export function addCount<K>(map: Map<K, number>, key: K, count: number): void {
  map.set(key, (map.get(key) ?? 0) + count);
}

/** Held or rejected: the coins stay. */
export function stopped(byDecision: ByDecision): Amount {
  return {
    count: byDecision.HOLD.count + byDecision.REJECT.count,
    value: byDecision.HOLD.value + byDecision.REJECT.value,
  };
}

export function total(byDecision: ByDecision): Amount {
  const sum = noAmount();
  for (const decision of DECISIONS) mergeAmount(sum, byDecision[decision]);
  return sum;
}
