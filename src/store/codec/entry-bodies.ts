import type {
  CohortRecord,
  MailboxLink,
  ProviderEventRecord,
  ReleaseRecord,
  RetractionRecord,
  SignalRecord,
} from '../../decision/evidence.js';
import type { AssessmentInput, RequestFacts } from '../../decision/input.js';
import type { ProviderWord } from '../../decision/provider-word.js';
import type { Decision, MinorUnits, Pseudonym, UnixMs } from '../../decision/vocabulary.js';
import type { LogPosition } from '../ports.js';

/** One signal and the account it is about. */
export interface ReportedSignal {
  readonly accountId: string;
  readonly signal: SignalRecord;
  /** The mailbox of its e-mail, if it named one. */
  readonly mailbox?: MailboxLink;
}

/** A signal that an exchange reported. */
export interface SignalBody extends ReportedSignal {
  readonly kind: 'signal';
}

/** What a verified provider event says. */
export type ProviderContent =
  | { readonly kind: 'event'; readonly alias: Pseudonym; readonly event: ProviderEventRecord }
  | { readonly kind: 'cohort'; readonly cohort: CohortRecord }
  /** Takes back the event or cohort that came with the token `retraction.id`. */
  | { readonly kind: 'retraction'; readonly retraction: RetractionRecord }
  /** Of a type we do not know: recorded, without effect. */
  | { readonly kind: 'unknown-type'; readonly type: string };

/** One verified event of a provider. */
export interface ProviderEventBody {
  readonly kind: 'provider-event';
  readonly provider: string;
  /** Digest of issuer and jti. */
  readonly tokenId: string;
  /** The provider's own count; absent if it does not number. */
  readonly seq?: number;
  readonly content: ProviderContent;
}

/** What one provider's word did to an answer, or would have done. */
export interface WordEffect extends ProviderWord {
  /** `MOVED`: without it the withdrawal would not be held. `GOVERNED`: the governor made the answer milder. */
  readonly effect: 'MOVED' | 'GOVERNED';
}

/** One answer, with everything that becomes known through it. */
export interface AssessmentBody {
  readonly kind: 'assessment';
  /** Absent if none was given. */
  readonly requestId?: string;
  /** Digest of the validated request. */
  readonly requestDigest: string;
  /** What the decision saw. */
  readonly input: AssessmentInput;
  /** The serialized `holdfast.v1.AssessWithdrawalResponse`, byte for byte as sent. Read back: a view on the entry. */
  readonly response: Uint8Array;
  readonly decision: Decision;
  readonly tier: string;
  readonly policyNumber: number;
  readonly policyHash: string;
  readonly engineVersion: string;
  /** They become evidence from this entry. */
  readonly inlineSignals: readonly ReportedSignal[];
  /** The request's mailbox, if it named one. */
  readonly mailbox?: MailboxLink;
  /** It passed only because a degraded feed was let pass. */
  readonly degradedAllow: boolean;
  /** Absent: none. */
  readonly wordEffects?: readonly WordEffect[];
  /** Of the account's assessment before this one; 0: there is none. Absent: recorded when nobody noted it yet. */
  readonly previousPosition?: LogPosition;
}

/** One immutable policy revision. */
export interface PolicyRevisionBody {
  readonly kind: 'policy-revision';
  /** Counts from 1. */
  readonly number: number;
  /** SHA-256 of the canonical text, lower-case hexadecimal. */
  readonly hash: string;
  /** YAML. */
  readonly text: string;
  readonly author: string;
  readonly message: string;
  /** Made from; 0 for none. */
  readonly parent: number;
  /** It decides from this entry on: what the policy file says, or the first revision of all. Absent: it does not. */
  readonly activates?: true;
  /** Cases that must pass before it can be activated. Absent: none of its own. */
  readonly cases?: readonly PolicyCases[];
}

/** One file of a policy's cases. */
export interface PolicyCases {
  /** Under which results are reported. */
  readonly name: string;
  /** YAML. */
  readonly text: string;
}

/** A revision decides from here on. */
export interface PolicyActivationBody {
  readonly kind: 'policy-activation';
  readonly number: number;
  /** The one that decided before; 0 for none. */
  readonly previous: number;
  readonly actor: string;
  readonly reason: string;
  /** It takes back the activation before. Absent: it does not. */
  readonly rollback?: true;
  /** Cases that failed, and why they did not stop it. Absent: none failed. */
  readonly override?: { readonly reason: string; readonly failedCaseCount: number };
}

/** A candidate begins, or ceases, to decide beside the live policy, without effect. */
export interface PolicyShadowBody {
  readonly kind: 'policy-shadow';
  readonly number: number;
  /** It begins; else it ceases. */
  readonly starts: boolean;
  readonly actor: string;
  readonly reason: string;
}

/** A person let a withdrawal go. */
export interface ReleaseBody {
  readonly kind: 'release';
  readonly accountId: string;
  readonly release: ReleaseRecord;
  readonly actor: string;
  readonly reason: string;
}

/** What became of a withdrawal. */
export interface OutcomeBody {
  readonly kind: 'outcome';
  readonly assessmentId: string;
  /** Name of the contract's `OutcomeLabel` without its prefix. */
  readonly label: string;
  readonly reportedBy: string;
  readonly observedAt: UnixMs;
  /** What the ledger must know of it. Absent: recorded when it did not ask. */
  readonly withdrawal?: OutcomeWithdrawal;
  /** Absent: reported without one. */
  readonly reason?: string;
}

/** The withdrawal whose outcome is reported, as it was assessed. */
export interface OutcomeWithdrawal {
  readonly accountId: string;
  /** Digest of the withdrawal id. */
  readonly withdrawal: string;
  /** The time of the answer. */
  readonly at: UnixMs;
  /** What it moves. */
  readonly value: MinorUnits;
  readonly destination: Pseudonym;
  /** The destination was younger than 30 days then, or of unknown age. */
  readonly young: boolean;
  /** The answer was ALLOW. */
  readonly allowed: boolean;
}

/** What an exchange's client decided without an answer, as reported afterwards. */
export interface ClientDecisionBody {
  readonly kind: 'client-decision';
  /** Names it. */
  readonly requestId: string;
  /** Digest of what was reported. */
  readonly digest: string;
  readonly request: RequestFacts;
  readonly decision: 'ALLOW' | 'HOLD';
  /** By the client's clock. */
  readonly decidedAt: UnixMs;
  /** Name of the contract's `NoAnswerCause` without its prefix; empty: not said. */
  readonly cause: string;
  /** Revision whose posture it followed; 0: none. */
  readonly policyNumber: number;
  /** Which instance; empty: not said. */
  readonly client: string;
}

/** A person lets a provider, or one incident of it, hold again. */
export interface GovernorLiftBody extends ProviderWord {
  readonly kind: 'governor-lift';
  readonly actor: string;
  readonly reason: string;
}

/** What an entry of the log says, by kind. */
export type JournalEntryBody =
  | SignalBody
  | ProviderEventBody
  | AssessmentBody
  | PolicyRevisionBody
  | PolicyActivationBody
  | PolicyShadowBody
  | ReleaseBody
  | OutcomeBody
  | ClientDecisionBody
  | GovernorLiftBody;

/** The kinds that this version understands. Others are carried and have no effect. */
export type EntryKind = JournalEntryBody['kind'];
