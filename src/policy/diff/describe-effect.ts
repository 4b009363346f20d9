import type { Decision } from '../../decision/vocabulary.js';
import { figuresOf, type Simulation, spanDays } from '../simulate/index.js';

/** Below this nothing is worth a sentence: about one in three months. */
const LEAST_A_DAY = 0.01;

/** What a change would have meant, in sentences: of holds and step-ups a day, of thefts and of honest withdrawals. */
export function describeEffect(simulation: Simulation): string[] {
  const days = spanDays(simulation);
  const was = figuresOf(simulation.before, days);
  const is = figuresOf(simulation.after, days);
  const sentences = [
    perDay('hold', simulation, 'HOLD', days),
    perDay('step-up', simulation, 'STEP_UP', days),
    perDay('rejection', simulation, 'REJECT', days),
    counted('theft', 'thefts', 'stopped', is.caught - was.caught),
    counted('honest withdrawal', 'honest withdrawals', 'stopped', is.falseHolds - was.falseHolds),
  ].filter((sentence) => sentence !== undefined);
  if (sentences.length > 0) return sentences;
  return simulation.flips.size === 0 ? ['no decision would have been another'] : ['the counts stay the same'];
}

function perDay(
  what: string,
  { before, after }: Simulation,
  decision: Decision,
  days: number,
): string | undefined {
  const change = (after.decisions[decision].count - before.decisions[decision].count) / days;
  if (Math.abs(change) < LEAST_A_DAY) return undefined;
  const amount = about(Math.abs(change));
  return `about ${amount} ${change > 0 ? 'more' : 'fewer'} ${amount === '1' ? what : `${what}s`} a day`;
}

/** Whole numbers from 10 on, else two figures. */
function about(amount: number): string {
  return amount >= 10 ? String(Math.round(amount)) : String(Number(amount.toPrecision(2)));
}

function counted(one: string, many: string, verb: string, change: number): string | undefined {
  if (change === 0) return undefined;
  const count = Math.abs(change);
  return `${count} ${change > 0 ? 'more' : 'fewer'} ${count === 1 ? one : many} ${verb}`;
}
