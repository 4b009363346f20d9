import type { DurationMs } from '../decision/vocabulary.js';
import type { HmacKey } from '../identity/keyring.js';
import type { Deviation } from './deviations.js';
import { DEFAULT_LIMITS, type ProviderLimits } from './governor/limits.js';
import type { Algorithm, VerificationKey } from './jwks.js';
import type { PushRegistration } from './push/registration.js';

/** Subject token of a provider: `holdfast.feed.<id>`. */
export const PROVIDER_ID_PATTERN = /^[a-z0-9-]{1,32}$/;

export const SUBJECT_FORMATS = ['opaque', 'email'] as const;
export type SubjectFormat = (typeof SUBJECT_FORMATS)[number];

/** A key set on the web. */
export interface KeySetAddress {
  /** https, or http on this machine. */
  readonly url: string;
  /** Longest time between two looks. */
  readonly refreshMs: DurationMs;
}

/** One provider as registered: who it is, what it may say and about whom. */
export interface RegisteredProvider {
  readonly id: string;
  readonly issuer: string;
  /** `aud` of its tokens; absent: HOLDFAST_FEED_AUDIENCE. */
  readonly audience?: string;
  /** It may speak of this operator's domains ... */
  readonly operator?: string;
  /** ... and of these, in A-labels. */
  readonly domains: readonly string[];
  /** Of its key file; empty if its set is fetched from `keysUrl`. */
  readonly keys: readonly VerificationKey[];
  /** Where its key set is fetched. */
  readonly keysUrl?: KeySetAddress;
  /** Ids of keys that count no more, even while its key set still lists them. */
  readonly revokedKeys: readonly string[];
  readonly algorithms: readonly Algorithm[];
  readonly subjects: readonly SubjectFormat[];
  /** For pseudonyms of mailboxes; shared with this provider and nobody else. */
  readonly pairKeys: readonly HmacKey[];
  readonly heartbeatMs: number;
  /** 0 to 1: no event of it counts as surer than this. */
  readonly maxConfidence: number;
  readonly cohorts: 'own-domains' | 'none';
  /** It delivers by HTTP push, and shows who it is with one of these; absent: it publishes on NATS. */
  readonly push?: PushRegistration;
  /** Where its tokens depart from the standards. */
  readonly deviations?: readonly Deviation[];
  /** What its word may do; absent: the defaults. */
  readonly limits?: ProviderLimits;
}

/** Everything known of the providers at one moment. Immutable. */
export interface ProviderRegistry {
  readonly providers: ReadonlyMap<string, RegisteredProvider>;
}

/** What a provider's word may do. One that is not registered any more stays bound by the defaults. */
export function limitsOf({ providers }: ProviderRegistry, provider: string): ProviderLimits {
  return providers.get(provider)?.limits ?? DEFAULT_LIMITS;
}

export const EMPTY_REGISTRY: ProviderRegistry = { providers: new Map() };

/** A fault in the registry or a file it names. `line` and `column` count from 1; absent if the file cannot be read. */
export interface RegistryProblem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export type RegistryReading =
  | {
      readonly kind: 'valid';
      readonly registry: ProviderRegistry;
      /** All files it was made of; a change of any may change it. */
      readonly files: readonly string[];
    }
  | {
      readonly kind: 'invalid';
      readonly problems: readonly RegistryProblem[];
      readonly files: readonly string[];
    };

/** One line a problem: `file:line:column: message`. */
export function describeProblem(problem: RegistryProblem): string {
  const place = problem.line === undefined ? '' : `:${problem.line}:${problem.column ?? 1}`;
  return `${problem.file}${place}: ${problem.message}`;
}
