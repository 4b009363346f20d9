import type { Channel, Decision, ProviderEventType, SignalType } from '../../src/decision/vocabulary.js';
import type { CohortDocument, FactorDocument, TimeText } from '../../src/policy/cases/case-document.js';
import type { DurationText } from '../../src/policy/policy-document.js';

/**
 * A play: what a thief, or a customer, does on one account by a moving clock, and how much money leaves by it.
 *
 * Times of an account count from the beginning of the play, times of a step from when its turn comes.
 */
export interface PlayDocument {
  readonly name: string;
  /** The point of the threat catalogue that it shows, such as A1, B7, D19. */
  readonly kind: string;
  readonly story: string;
  readonly by: 'thief' | 'customer';
  /** Only evidence across accounts can stop it: counted apart. */
  readonly beyond_one_account?: boolean;
  /** Loses its meaning with other times: variations leave it as it is. */
  readonly exact?: boolean;
  readonly account?: AccountDocument;
  /** Facts that this exchange never gives. */
  readonly never_says?: readonly Fact[];
  readonly steps: readonly StepDocument[];
  readonly leaves: LeavesDocument;
}

/** What must come of a play. Shares are of the balance at its beginning; several bounds must all be met. */
export interface LeavesDocument {
  readonly at_most?: number;
  readonly at_least?: number;
  /** From the first request to the last that went: not longer. */
  readonly within?: DurationText;
}

/** Null: the account has none. What is left out is that of {@link USUAL_ACCOUNT}. */
export interface AccountDocument {
  /** In the policy's currency. */
  readonly balance?: number;
  readonly email?: string | null;
  readonly opened?: TimeText | null;
  readonly last_good_withdrawal?: TimeText | null;
  readonly factors?: readonly NamedFactor[];
  /** Names of factors that whoever plays can answer with. A thief: none; a customer: all. */
  readonly can_answer_with?: readonly string[];
  readonly devices?: Readonly<Record<string, TimeText | null>>;
  readonly destinations?: Readonly<Record<string, DestinationDocument>>;
}

export interface NamedFactor extends Omit<FactorDocument, 'verified'> {
  readonly name: string;
}

export interface DestinationDocument {
  readonly added?: TimeText | null;
  readonly first_used?: TimeText | null;
  readonly allowlisted?: boolean;
  readonly ownership_verified?: boolean;
}

/** Facts of a request that an exchange may leave out, or send unset. */
export const FACTS = [
  'email',
  'reference_value',
  'balance_share',
  'network',
  'destination_added',
  'destination_used',
  'device',
  'device_first_seen',
  'factors',
  'enrolled',
  'account_opened',
  'last_good_withdrawal',
] as const;
export type Fact = (typeof FACTS)[number];

/** Exactly one of these. */
export interface StepDocument {
  readonly wait?: DurationText;
  /** The first sign-in from a device; NEW_DEVICE is reported unless `unreported`. */
  readonly signs_in?: { readonly device: string; readonly unreported?: boolean };
  /** A factor of the one who plays; MFA_ENROLLED is reported unless `unreported`. */
  readonly enrols?: {
    readonly name: string;
    readonly channel: Channel;
    /** How long before its signal the exchange dates the factor. */
    readonly before_signal?: DurationText;
    readonly unreported?: boolean;
  };
  /** A destination; ADDRESS_ADDED is reported unless `unreported`. */
  readonly adds?: {
    readonly destination: string;
    readonly unreported?: boolean;
    readonly allowlisted?: boolean;
  };
  /** The account's address from now on; EMAIL_CHANGED is reported, confirmed over `factor` if one is named. */
  readonly moves_mail_to?: { readonly email: string; readonly channel?: Channel; readonly factor?: string };
  readonly signals?: readonly SignalDocument[];
  /** Says the same again and again, each time a little later. */
  readonly floods?: FloodDocument;
  readonly events?: readonly EventDocument[];
  /** The provider takes an event back, by its name. */
  readonly retracts?: string;
  readonly incident?: CohortDocument;
  /** What the exchange says became of a withdrawal: a value of the contract's OutcomeLabel without its prefix. */
  readonly reports?: { readonly withdrawal: string; readonly label: string };
  readonly asks?: AskDocument;
  /** Steps whose order means nothing: variations shuffle them. */
  readonly any_order?: readonly StepDocument[];
}

export interface SignalDocument {
  readonly type: SignalType;
  /** Default: now. */
  readonly at?: TimeText;
  readonly channel?: Channel;
  /** `own`: the account's address now. */
  readonly email?: string;
  /** Name of the factor over which it was confirmed, just then. */
  readonly factor?: string;
}

export interface FloodDocument {
  readonly times: number;
  readonly every?: DurationText;
  readonly signals?: readonly SignalDocument[];
  readonly events?: readonly EventDocument[];
}

export interface EventDocument {
  readonly type: ProviderEventType;
  readonly name?: string;
  /** When it happened, or was discovered. Default: now. Heard of: now. */
  readonly at?: TimeText;
  /** Default: the account's address now. */
  readonly email?: string;
  readonly provider?: string;
  readonly time_is?: 'OCCURRED' | 'DISCOVERED';
  readonly unauthorised?: boolean;
  readonly confidence?: number;
}

/** A decision, or the reason of an error. */
export type AnswerWord = Decision | (string & {});

/**
 * A withdrawal. Whoever asks does what the answer wants: confirms over a factor that he can answer with, waits a hold
 * out, and asks again for the same withdrawal.
 */
export interface AskDocument {
  /** Default: one of its own. */
  readonly withdrawal?: string;
  /** Default: one of its own for each time of asking. */
  readonly request_id?: string;
  /** In the policy's currency. Either this or `share`. */
  readonly value?: number;
  /** Of what is left of the balance. */
  readonly share?: number;
  readonly to: string;
  readonly on: string;
  readonly by?: 'owner';
  readonly without?: readonly Fact[];
  /** Sent as a client in another language leaves them: a Timestamp of 1970, 0, or an empty text. */
  readonly unset?: readonly Fact[];
  /** What the exchange says it is worth, if not its value. */
  readonly states_value?: number;
  /** Price of a coin, if not the usual one: the amount follows from it. */
  readonly price?: number;
  /** The amount as the exchange's language prints it, instead of a computed one. */
  readonly amount?: string;
  readonly signals?: readonly SignalDocument[];
  /** As many withdrawals, one after the other. */
  readonly repeat?: number;
  readonly every?: DurationText;
  /** How often he asks again after a confirmation or a hold. Default 3. */
  readonly patience?: number;
  /** False: what is allowed is not sent, now. */
  readonly sends?: boolean;
  /** What the first answer of each withdrawal may be. */
  readonly answers?: readonly AnswerWord[];
  /** What the last one may be. */
  readonly finally?: readonly AnswerWord[];
  /** The first answer's reasons hold all of these. */
  readonly reasons?: readonly string[];
  /** The first answer's degradations hold all of these. */
  readonly degradations?: readonly string[];
  /** Exactly these, in the first answer. */
  readonly untrusted?: readonly Channel[];
  /** If the first answer is a hold: who ends it. */
  readonly release?: 'AUTOMATIC' | 'PERSON';
}

/** A file of plays. */
export interface PlayFileDocument {
  readonly suite: string;
  readonly description: string;
  /** Laid under the `account` of each play. */
  readonly account?: AccountDocument;
  readonly plays: readonly PlayDocument[];
}
