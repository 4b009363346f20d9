import type { FormerMatch } from '../../decision/destinations.js';
import type { FeedView, MailboxLink } from '../../decision/evidence.js';
import type { FactName } from '../../decision/facts-given.js';
import type { AssessmentInput, ProviderCap } from '../../decision/input.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { Decision, Level } from '../../decision/vocabulary.js';
import type { EvidenceView } from '../../evidence/index.js';
import type { Pseudonyms } from '../../identity/index.js';
import type { Clock, JournalPort } from '../../journal/index.js';
import type { WordEffect } from '../../store/codec/entries.js';

/** The policy that decides now. One call takes it once and uses only that. */
export interface LivePolicy {
  readonly policy: CompiledPolicy;
  /** Number of its revision. */
  readonly number: number;
}

/** What the service tells about its work. Its functions never throw. */
export interface RiskTelemetry {
  /** An answer was formed; dry runs are not told. */
  decided(decision: Decision, level: Level): void;
  /** It was let pass although a needed feed was not current. */
  factsMissing(facts: readonly FactName[]): void;
  /** The destination of a recorded request may not be trusted. */
  destinationDoubted(network: string, doubt: string): void;
  /** What a recorded request met by the name that its destination had before places were read. */
  metAsBefore(matches: readonly FormerMatch[]): void;
  degradedAllow(tier: string): void;
  signalsReported(accepted: number, duplicates: number, rejected: number): void;
  outcomesReported(accepted: number, rejected: number): void;
  /** What clients decided without an answer was told. */
  clientDecisionsReported(accepted: number, rejected: number): void;
}

/** Keeps single providers from holding more than they may. Its functions never throw. */
export interface ProviderGovernor {
  /** How stern the answer may become because of single providers; undefined if nothing limits it. */
  capsFor(tenant: string, input: AssessmentInput): readonly ProviderCap[] | undefined;
  /** An answer was recorded with these effects. */
  answered(tenant: string, effects: readonly WordEffect[]): void;
}

/** For tools that answer without providers' limits. */
export const UNGOVERNED: ProviderGovernor = { capsFor: () => undefined, answered: () => undefined };

/** Everything the RiskService works with. */
export interface RiskParts {
  readonly clock: Clock;
  readonly pseudonyms: Pseudonyms;
  readonly view: EvidenceView;
  readonly journal: JournalPort;
  /** Freshness of the feeds that cover these mailboxes. */
  readonly feedsFor: (links: readonly MailboxLink[]) => readonly FeedView[];
  readonly governor: ProviderGovernor;
  readonly livePolicy: () => LivePolicy;
  /** An answer was recorded: candidates may decide on it later, beside. Returns at once, never throws. */
  readonly answered: (input: AssessmentInput, decision: Decision) => void;
  /** `durable`: answers leave when their record is on disk. `relaxed`: at once. Signals are durable either way. */
  readonly audit: 'durable' | 'relaxed';
  readonly telemetry: RiskTelemetry;
}
