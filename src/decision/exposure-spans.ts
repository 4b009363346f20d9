import type { MailboxLink } from './evidence.js';
import { type Exposure, wentThrough } from './exposures.js';
import type { Pseudonym, UnixMs } from './vocabulary.js';

/** What happened from `from` to `until`, both included, counts before `activeUntil`. */
interface Span {
  readonly from: UnixMs;
  readonly until: UnixMs;
  readonly activeUntil: UnixMs;
}

/** Spans ascending by start, without those that lie inside another and count no longer. */
interface Spans {
  readonly solid: readonly Span[];
  /** Those that rest on a guessed alias. */
  readonly guessed: readonly Span[];
}

/** When one mailbox was exposed. */
export interface MailboxSpans {
  readonly link: MailboxLink | undefined;
  readonly alias: Pseudonym | undefined;
  /** While it was open. */
  readonly named: Spans;
  readonly halfOpen: Spans;
}

const NO_SPANS: readonly MailboxSpans[] = [];

/** By mailbox; one that nobody knows counts as one of its own. */
export function spansOf(exposures: readonly Exposure[]): readonly MailboxSpans[] {
  if (exposures.length === 0) return NO_SPANS;
  const byMailbox = new Map<MailboxLink | Pseudonym | undefined, Exposure[]>();
  for (const exposure of exposures) {
    const key = exposure.link ?? exposure.alias;
    const same = byMailbox.get(key);
    if (same === undefined) byMailbox.set(key, [exposure]);
    else same.push(exposure);
  }
  const spans: MailboxSpans[] = [];
  for (const same of byMailbox.values()) {
    const [first] = same;
    if (first === undefined) continue;
    const { link, alias } = first;
    spans.push({ link, alias, named: outermost(same, openSpan), halfOpen: outermost(same, halfOpenSpan) });
  }
  return spans;
}

function openSpan({ at, openUntil, insideUntil }: Exposure): Span | undefined {
  return { from: at, until: openUntil, activeUntil: insideUntil };
}

/** From just after the end of the open part, which is included there. */
function halfOpenSpan({ at, halfOpenFrom, readableUntil, insideUntil }: Exposure): Span | undefined {
  if (readableUntil <= halfOpenFrom) return undefined;
  return { from: Math.max(at, halfOpenFrom + ONE_MS), until: readableUntil, activeUntil: insideUntil };
}

const ONE_MS = 1;
const NONE: readonly Span[] = [];

function outermost(exposures: readonly Exposure[], spanOf: (exposure: Exposure) => Span | undefined): Spans {
  const solid: Span[] = [];
  const guessed: Span[] = [];
  for (const exposure of exposures) {
    const span = spanOf(exposure);
    if (span !== undefined) (exposure.solid ? solid : guessed).push(span);
  }
  return { solid: withoutInner(solid), guessed: withoutInner(guessed) };
}

function withoutInner(all: Span[]): readonly Span[] {
  if (all.length === 0) return NONE;
  all.sort((a, b) => a.from - b.from);
  const spans: Span[] = [];
  let last: Span | undefined;
  for (const span of all) {
    if (last !== undefined && span.until <= last.until && span.activeUntil <= last.activeUntil) continue;
    last = span;
    spans.push(span);
  }
  return spans;
}

/** Until when what happened to the mailbox at `moment` counts for the exposures it happened in. */
export interface InsideUntil {
  solid: UnixMs;
  guessed: UnixMs;
}

/**
 * Minus infinity for what happened in none.
 *
 * @param part in which part of the exposures
 * @param first the moment it happened, or the first of those at which one of several may have
 * @param last the last of those
 */
export function insideUntil(
  spans: readonly MailboxSpans[],
  part: 'named' | 'halfOpen',
  mailbox: Pseudonym | undefined,
  first: UnixMs,
  last: UnixMs,
): InsideUntil {
  const inside = { solid: Number.NEGATIVE_INFINITY, guessed: Number.NEGATIVE_INFINITY };
  for (const ofMailbox of spans) {
    if (!wentThrough(mailbox, ofMailbox.link, ofMailbox.alias)) continue;
    const { solid, guessed } = ofMailbox[part];
    inside.solid = Math.max(inside.solid, latestAround(solid, first, last));
    inside.guessed = Math.max(inside.guessed, latestAround(guessed, first, last));
  }
  return inside;
}

function latestAround(spans: readonly Span[], first: UnixMs, last: UnixMs): UnixMs {
  let latest = Number.NEGATIVE_INFINITY;
  for (const { from, until, activeUntil } of spans) {
    if (from > last) break;
    if (first <= until && activeUntil > latest) latest = activeUntil;
  }
  return latest;
}
