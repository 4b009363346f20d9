import { type DescField, fromBinary, toJson } from '@bufbuild/protobuf';
import type { AssessmentInput } from '../decision/input.js';
import type { CompiledPolicy } from '../decision/policy-model.js';
import type { Explanation, Verdict } from '../decision/verdict.js';
import { AssessWithdrawalResponseSchema } from '../gen/holdfast/v1/risk_service_pb.js';
import type { RecordedAssessment } from './recorded-assessment.js';

/** The decision engine, as a replay uses it. */
export interface Engine {
  readonly version: string;
  readonly decide: (input: AssessmentInput, policy: CompiledPolicy) => Verdict;
  readonly explain: (input: AssessmentInput, policy: CompiledPolicy, verdict: Verdict) => Explanation;
}

export interface ReplayParts {
  readonly engine: Engine;
  /** The policy with this hash; undefined if no revision has it, `refused` if this version no longer compiles it. */
  readonly policyWith: (hash: string) => CompiledPolicy | 'refused' | undefined;
  /** Forms the answer as the service does. */
  readonly render: (
    recorded: RecordedAssessment,
    verdict: Verdict,
    explanation: Explanation | undefined,
  ) => Uint8Array;
}

/** One field of the answer that came out differently. */
export interface ReplayDifference {
  /** Name of the field of `AssessWithdrawalResponse`. */
  readonly field: string;
  /** As ProtoJSON; absent if the field is not set. */
  readonly recorded?: string;
  readonly replayed?: string;
}

/**
 * What a replay shows. `VERSION_DIFFERS`: another version of the engine made the record, so that nothing is shown for or
 * against it, even where the same bytes come out.
 */
export type ReplayOutcome = 'IDENTICAL' | 'DIFFERENT' | 'VERSION_DIFFERS';

export type ReplayResult =
  | {
      readonly kind: 'replayed';
      readonly outcome: ReplayOutcome;
      /** Byte for byte (I1). */
      readonly identical: boolean;
      /** Another engine made the record: differences are then to be expected. */
      readonly engineVersionDiffers: boolean;
      readonly recordedVersion: string;
      readonly replayedVersion: string;
      readonly verdict: Verdict;
      readonly differences: readonly ReplayDifference[];
    }
  /** The revision that decided is not there. */
  | { readonly kind: 'policy-missing'; readonly hash: string }
  /** The revision that decided is there, and this version refuses its text. */
  | {
      readonly kind: 'policy-refused';
      readonly hash: string;
      readonly engineVersionDiffers: boolean;
      readonly recordedVersion: string;
      readonly replayedVersion: string;
    };

/** Decides again on what was recorded, with the policy that decided then, and compares the answers. */
export function replayAssessment(recorded: RecordedAssessment, parts: ReplayParts): ReplayResult {
  const { body } = recorded;
  const { engine } = parts;
  const policy = parts.policyWith(body.policyHash);
  if (policy === undefined) return { kind: 'policy-missing', hash: body.policyHash };
  const versions = {
    engineVersionDiffers: body.engineVersion !== engine.version,
    recordedVersion: body.engineVersion,
    replayedVersion: engine.version,
  };
  if (policy === 'refused') return { kind: 'policy-refused', hash: body.policyHash, ...versions };
  const verdict = engine.decide(body.input, policy);
  const isExplained = verdict.decision === 'HOLD' || verdict.decision === 'STEP_UP';
  const explanation = isExplained ? engine.explain(body.input, policy, verdict) : undefined;
  const replayed = parts.render(recorded, verdict, explanation);
  const identical = Buffer.compare(replayed, body.response) === 0;
  return {
    kind: 'replayed',
    outcome: outcomeOf(versions.engineVersionDiffers, identical),
    identical,
    ...versions,
    verdict,
    differences: identical ? [] : differencesBetween(body.response, replayed),
  };
}

function outcomeOf(engineVersionDiffers: boolean, identical: boolean): ReplayOutcome {
  if (engineVersionDiffers) return 'VERSION_DIFFERS';
  return identical ? 'IDENTICAL' : 'DIFFERENT';
}

function differencesBetween(recorded: Uint8Array, replayed: Uint8Array): ReplayDifference[] {
  const before = fieldTexts(recorded);
  const after = fieldTexts(replayed);
  return AssessWithdrawalResponseSchema.fields.flatMap((field: DescField) => {
    const was = before.get(field.jsonName);
    const is = after.get(field.jsonName);
    if (was === is) return [];
    return [
      {
        field: field.name,
        ...(was === undefined ? {} : { recorded: was }),
        ...(is === undefined ? {} : { replayed: is }),
      },
    ];
  });
}

function fieldTexts(response: Uint8Array): ReadonlyMap<string, string> {
  const json = toJson(AssessWithdrawalResponseSchema, fromBinary(AssessWithdrawalResponseSchema, response));
  const fields = typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
  return new Map(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]));
}
