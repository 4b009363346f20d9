import { type Clearings, endedAt, NO_CLEARINGS, reportEndedAt } from './clearings.js';
import { MAY_OPEN, opensExposure } from './event-effects.js';
import type { MailboxView, ProviderEventRecord } from './evidence.js';
import type { SignalMatch } from './evidence-index.js';
import type { EventMatch } from './exposures.js';
import type { AssessmentInput } from './input.js';
import { linkHasAlias } from './mailbox-names.js';
import type { Match } from './match.js';
import type { CompiledPolicy } from './policy-model.js';
import type { Pseudonym, UnixMs } from './vocabulary.js';

/** What opened an exposure of one mailbox, and what of that mailbox's clearings ends it. Infinite: nothing does. */
export interface Opening {
  readonly match: Match;
  /** Index into the input's mailboxes; beyond them for a mailbox that is not among them. */
  readonly mailbox: number;
  /** The mailbox as a report named it. */
  readonly alias: Pseudonym | undefined;
  readonly from: UnixMs;
  /** When it happened or was discovered; the last of several. */
  readonly openedAt: UnixMs;
  /** When it was said, as late as we can tell: a statement without an answer keeps the exposure young. */
  readonly saidAt: UnixMs;
  /** Of a report that names no mailbox. */
  readonly reportedAt: UnixMs | undefined;
  readonly isRecycled: boolean;
  readonly fullyEnded: UnixMs;
  readonly halfEnded: UnixMs;
}

/** What providers named and the customer reported, by mailbox. */
export function openingsOf(
  input: AssessmentInput,
  policy: CompiledPolicy,
  events: readonly EventMatch[],
  clearings: ReadonlyMap<number, Clearings>,
  reports: readonly SignalMatch[],
): readonly Opening[] {
  const openings: Opening[] = [];
  pushEvents(openings, policy, events, clearings);
  pushReports(openings, input, policy, clearings, reports);
  return openings;
}

/** When what an event tells of is taken to have begun. */
export function beganAt(
  { occurredAt, since = occurredAt, timeIs }: ProviderEventRecord,
  { exposure }: CompiledPolicy,
): UnixMs {
  return timeIs === 'DISCOVERED' ? since - exposure.lookBack : since;
}

function pushEvents(
  openings: Opening[],
  policy: CompiledPolicy,
  events: readonly EventMatch[],
  clearings: ReadonlyMap<number, Clearings>,
): void {
  for (const event of events) {
    if ((event.bit & MAY_OPEN) === 0 || !opensExposure(event.record)) continue;
    const { type, issuedAt, receivedAt } = event.record;
    const { fully, half } = clearings.get(event.mailbox) ?? NO_CLEARINGS;
    openings.push({
      match: event,
      mailbox: event.mailbox,
      alias: undefined,
      from: beganAt(event.record, policy),
      openedAt: event.latest,
      saidAt: Math.max(event.latest, issuedAt, receivedAt),
      reportedAt: undefined,
      isRecycled: type === 'IDENTIFIER_RECYCLED',
      fullyEnded: endedAt(event, fully),
      halfEnded: endedAt(event, half),
    });
  }
}

function pushReports(
  openings: Opening[],
  input: AssessmentInput,
  policy: CompiledPolicy,
  clearings: ReadonlyMap<number, Clearings>,
  reports: readonly SignalMatch[],
): void {
  for (const report of reports) {
    const alias = report.record.mailbox;
    for (const mailbox of reportedMailboxes(input.mailboxes, alias)) {
      const { fully, half } = clearings.get(mailbox) ?? NO_CLEARINGS;
      openings.push({
        match: report,
        mailbox,
        alias,
        from: report.at - policy.exposure.lookBack,
        openedAt: report.latest,
        saidAt: Math.max(report.latest, report.record.receivedAt),
        reportedAt: alias === undefined ? report.latest : undefined,
        isRecycled: false,
        fullyEnded: reportEndedAt(report.latest, fully),
        halfEnded: reportEndedAt(report.latest, half),
      });
    }
  }
}

/** A report that names a mailbox we do not know, or an account without any, still tells of trouble: one index beyond. */
function reportedMailboxes(
  mailboxes: readonly MailboxView[],
  alias: Pseudonym | undefined,
): readonly number[] {
  const indices: number[] = [];
  for (const [index, view] of mailboxes.entries()) {
    if (alias === undefined || linkHasAlias(view.link, alias)) indices.push(index);
  }
  return indices.length > 0 ? indices : [mailboxes.length];
}
