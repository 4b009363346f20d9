import type { UnixMs } from '../decision/vocabulary.js';
import { countNumbers, type Gap } from './sequence.js';
import { parseObject } from './token.js';

/** What the exchange asks of a provider comes on `holdfast.feed-control.<provider>`. */
export const CONTROL_SUBJECT_PREFIX = 'holdfast.feed-control.';

/** Most ranges in one ask: the message stays below 2 KB. */
export const MAX_ASKED_RANGES = 32;

/** Most numbers in one ask: a provider answers it within seconds, and the next ask goes on from there. */
export const MAX_ASKED_NUMBERS = 10_000;

/** The exchange asks for numbers that did not come. */
export interface BackfillAsk {
  readonly provider: string;
  /** In ascending order. At most {@link MAX_ASKED_RANGES}, together at most {@link MAX_ASKED_NUMBERS} numbers. */
  readonly ranges: readonly Gap[];
  readonly askedAt: UnixMs;
}

/** The first missing numbers, as many as one ask may name. */
export function firstRanges(gaps: readonly Gap[]): readonly Gap[] {
  const ranges: Gap[] = [];
  let left = MAX_ASKED_NUMBERS;
  for (const [from, to] of gaps) {
    if (left === 0 || ranges.length === MAX_ASKED_RANGES) break;
    const range: Gap = [from, Math.min(to, from + left - 1)];
    ranges.push(range);
    left -= countNumbers([range]);
  }
  return ranges;
}

/** As JSON; times in epoch seconds, as everywhere between us and providers. */
export function encodeAsk({ provider, ranges, askedAt }: BackfillAsk): string {
  return JSON.stringify({ type: 'backfill', provider, ranges, asked_at: Math.floor(askedAt / 1000) });
}

/** Reads an ask; undefined for anything else, also for what is too large: whoever may publish there may lie. */
export function decodeAsk(text: string): BackfillAsk | undefined {
  const stored = parseObject(text);
  if (stored?.['type'] !== 'backfill') return undefined;
  const { provider, asked_at: askedAt } = stored;
  const ranges = readRanges(stored['ranges']);
  if (typeof provider !== 'string' || typeof askedAt !== 'number' || ranges === undefined) return undefined;
  if (ranges.length > MAX_ASKED_RANGES || countNumbers(ranges) > MAX_ASKED_NUMBERS) return undefined;
  return { provider, ranges, askedAt: askedAt * 1000 };
}

/** A list of ranges in ascending order; undefined if it is anything else. */
export function readRanges(value: unknown): readonly Gap[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ranges: Gap[] = [];
  let last = -1;
  for (const item of value) {
    const { 0: from, 1: to, length } = Array.isArray(item) ? item : [];
    if (length !== 2 || !isNumber(from) || !isNumber(to) || from <= last || to < from) return undefined;
    ranges.push([from, to]);
    last = to;
  }
  return ranges;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
