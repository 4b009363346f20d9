import type { MailboxLink } from './evidence.js';
import { type Exposure, wentThrough } from './exposures.js';
import type { Pseudonym, UnixMs } from './vocabulary.js';

/** What happened from `from` to `until`, both included, counts before `activeUntil`. */
interface Span {
  readonly from: UnixMs;
  readonly until: UnixMs;
  readonly activeUntil: UnixMs;
}

/** The exposures of one mailbox, without those that lie inside another and count no longer. */
export interface MailboxSpans {
  readonly link: MailboxLink | undefined;
  readonly alias: Pseudonym | undefined;
  /** Ascending by start. */
  readonly solid: readonly Span[];
  /** Those that rest on a guessed alias. */
  readonly guessed: readonly Span[];
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
    same.sort((a, b) => a.at - b.at);
    const { link, alias } = first;
    spans.push({ link, alias, solid: outermost(same, true), guessed: outermost(same, false) });
  }
  return spans;
}

function outermost(exposures: readonly Exposure[], solid: boolean): readonly Span[] {
  const spans: Span[] = [];
  let last: Span | undefined;
  for (const exposure of exposures) {
    if (exposure.solid !== solid) continue;
    const { at, until, activeUntil } = exposure;
    if (last !== undefined && until <= last.until && activeUntil <= last.activeUntil) continue;
    last = { from: at, until, activeUntil };
    spans.push(last);
  }
  return spans;
}

/** Until when what happened to the mailbox at `moment` counts for the exposures it happened in. */
export interface InsideUntil {
  solid: UnixMs;
  guessed: UnixMs;
}

/** Minus infinity for what happened in none. */
export function insideUntil(
  spans: readonly MailboxSpans[],
  mailbox: Pseudonym | undefined,
  moment: UnixMs,
): InsideUntil {
  const inside = { solid: Number.NEGATIVE_INFINITY, guessed: Number.NEGATIVE_INFINITY };
  for (const { link, alias, solid, guessed } of spans) {
    if (!wentThrough(mailbox, link, alias)) continue;
    inside.solid = Math.max(inside.solid, latestAround(solid, moment));
    inside.guessed = Math.max(inside.guessed, latestAround(guessed, moment));
  }
  return inside;
}

function latestAround(spans: readonly Span[], moment: UnixMs): UnixMs {
  let latest = Number.NEGATIVE_INFINITY;
  for (const { from, until, activeUntil } of spans) {
    if (from > moment) break;
    if (moment <= until && activeUntil > latest) latest = activeUntil;
  }
  return latest;
}
