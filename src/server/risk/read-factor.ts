import type { FactorFacts } from '../../decision/input.js';
import { CHANNELS, type Channel, type UnixMs } from '../../decision/vocabulary.js';
import type { Factor } from '../../gen/holdfast/v1/risk_service_pb.js';
import type { SignalFactor } from '../../gen/holdfast/v1/signal_pb.js';
import type { Pseudonyms } from '../../identity/index.js';
import type { Writable } from '../../store/codec/writable.js';
import type { FieldRules } from './field-rules.js';
import { MAX_ID_CHARACTERS } from './limits.js';

/** A factor as checked. Still holds the exchange's own id. */
export interface ValidFactor {
  readonly channel: Channel;
  /** Empty if the exchange gave none. */
  readonly factorId: string;
  readonly enrolledAt: UnixMs | undefined;
  readonly verifiedAt: UnixMs | undefined;
}

/**
 * Reads a factor of a request or of a signal.
 *
 * @returns undefined if it names no channel; the violation is then in `rules`
 */
export function readFactor(factor: Factor | SignalFactor, rules: FieldRules): ValidFactor | undefined {
  const channel = rules.requiredWord('channel', CHANNELS, factor.channel);
  const factorId = rules.optionalText('factor_id', factor.factorId, MAX_ID_CHARACTERS);
  const enrolledAt = rules.optionalTime('enrolled_at', factor.enrolledAt);
  const verifiedAt = rules.optionalTime('verified_at', factor.verifiedAt);
  return channel === undefined ? undefined : { channel, factorId, enrolledAt, verifiedAt };
}

/** The factor with its id replaced by a pseudonym. */
export function factorFacts(
  { channel, factorId, enrolledAt, verifiedAt }: ValidFactor,
  tenant: string,
  pseudonyms: Pseudonyms,
): FactorFacts {
  const facts: Writable<FactorFacts> = { channel };
  if (factorId !== '') facts.id = pseudonyms.factor(tenant, factorId);
  if (enrolledAt !== undefined) facts.enrolledAt = enrolledAt;
  if (verifiedAt !== undefined) facts.verifiedAt = verifiedAt;
  return facts;
}
