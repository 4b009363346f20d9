import { join } from 'node:path';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import {
  getAssessment,
  type RecordedAssessment,
  type ReplayResult,
  replayAssessment as replay,
} from '../audit/index.js';
import { type Config, readConfig } from '../config.js';
import { decide, ENGINE_VERSION, explain } from '../decision/index.js';
import type { CompiledPolicy } from '../decision/policy-model.js';
import { AssessWithdrawalResponseSchema } from '../gen/holdfast/v1/risk_service_pb.js';
import { listPseudonyms, loadKeyring, OperatorDirectory, Pseudonyms } from '../identity/index.js';
import { positionOf, readEntry } from '../journal/index.js';
import { readPolicy } from '../policy/index.js';
import { encodeAnswer } from '../server/risk/answer.js';
import { asOf } from '../server/risk/as-of.js';
import { ONLY_TENANT } from '../service/only-tenant.js';
import { decodeEntry } from '../store/codec/entries.js';
import { type LogReader, openLogReader } from '../store/log-reader.js';
import { configProblems } from './show-config.js';
import { CommandError, EXIT, json, styled, styledDecision, type Terminal } from './terminal.js';

type Env = Readonly<Record<string, string | undefined>>;
interface JsonOption {
  readonly json?: boolean;
}

/**
 * `holdfast assessment show ID`: the record of one answer, from the log in the data folder, also while the service runs.
 *
 * @returns the exit code
 * @throws CommandError when there is no such assessment
 */
export async function showAssessment(
  id: string,
  options: JsonOption,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  return withRecord(id, env, async (recorded) => {
    const { body } = recorded;
    const answer = toJson(
      AssessWithdrawalResponseSchema,
      fromBinary(AssessWithdrawalResponseSchema, body.response),
    );
    const shown = {
      assessment_id: recorded.id,
      assessed_at: new Date(recorded.assessedAt).toISOString(),
      decision: body.decision,
      tier: body.tier,
      policy: { number: body.policyNumber, hash: body.policyHash },
      engine_version: body.engineVersion,
      answer,
      input: body.input,
    };
    if (options.json) {
      terminal.out(json(shown));
      return EXIT.ok;
    }
    terminal.out(`${styledDecision(terminal, body.decision)}  ${shown.assessed_at}  tier ${body.tier}`);
    terminal.out(
      `policy revision ${body.policyNumber} (${body.policyHash.slice(0, 12)}), engine ${body.engineVersion}`,
    );
    terminal.out(`\n${styled(terminal, 'bold', 'Answered')}\n${json(answer)}`);
    terminal.out(`\n${styled(terminal, 'bold', 'Known then')}\n${json(body.input)}`);
    return EXIT.ok;
  });
}

/**
 * `holdfast assessment replay ID`: decides again on what was recorded, with the policy that decided then.
 *
 * @returns the exit code: 0 identical to the byte, 1 not, or made by another version of the engine
 * @throws CommandError when the assessment or its policy is not there
 */
export async function replayAssessment(
  id: string,
  options: JsonOption,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  return withRecord(id, env, async (recorded, log, config) => {
    const result = replay(recorded, {
      engine: { version: ENGINE_VERSION, decide, explain },
      policyWith: (hash) => policyWith(hash, log, config),
      render: renderAgain,
    });
    if (options.json) terminal.out(json({ assessment_id: id, ...result }));
    else printReplay(result, terminal);
    return result.kind === 'replayed' && result.outcome === 'IDENTICAL' ? EXIT.ok : EXIT.failed;
  });
}

/** Forms the answer as the service did: what is not computed is taken from the record. */
export function renderAgain(
  recorded: RecordedAssessment,
  verdict: Parameters<typeof encodeAnswer>[0]['verdict'],
  explanation: Parameters<typeof encodeAnswer>[0]['explanation'],
): Uint8Array {
  const { body } = recorded;
  return encodeAnswer({
    assessmentId: recorded.id,
    verdict,
    explanation,
    policyNumber: body.policyNumber,
    policyHash: body.policyHash,
    asOf: asOf(recorded.position),
    feeds: body.input.feeds,
  });
}

function printReplay(result: ReplayResult, terminal: Terminal): void {
  switch (result.kind) {
    case 'policy-missing':
      terminal.err(`the policy revision that decided (${result.hash.slice(0, 12)}) is not in the log`);
      return;
    case 'policy-refused':
      if (result.engineVersionDiffers) terminal.out(versionDiffers(result, terminal));
      terminal.err(`this version refuses the policy revision that decided (${result.hash.slice(0, 12)})`);
      return;
    case 'replayed':
      terminal.out(headline(result, terminal));
      for (const { field, recorded, replayed } of result.differences) {
        terminal.out(
          `  ${field}\n    recorded ${recorded ?? '(none)'}\n    replayed ${replayed ?? '(none)'}`,
        );
      }
      return;
    default:
      result satisfies never;
  }
}

function headline(result: Extract<ReplayResult, { kind: 'replayed' }>, terminal: Terminal): string {
  switch (result.outcome) {
    case 'IDENTICAL':
      return `${styled(terminal, 'green', 'identical')}: the same bytes come out`;
    case 'DIFFERENT':
      return styled(terminal, 'red', 'different:');
    case 'VERSION_DIFFERS':
      return `${versionDiffers(result, terminal)}${result.identical ? '; the same bytes come out' : ':'}`;
    default:
      return result.outcome satisfies never;
  }
}

function versionDiffers(
  versions: { readonly recordedVersion: string; readonly replayedVersion: string },
  terminal: Terminal,
): string {
  const word = styled(terminal, 'yellow', 'VERSION_DIFFERS');
  return `${word}: engine ${versions.recordedVersion} made the record, this is ${versions.replayedVersion}`;
}

async function withRecord(
  id: string,
  env: Env,
  use: (recorded: RecordedAssessment, log: LogReader, config: Config) => Promise<number>,
): Promise<number> {
  const read = readConfig(env);
  if (read.kind === 'invalid') throw new CommandError(configProblems(read.problems));
  const position = positionOf(id);
  if (position === undefined)
    throw new CommandError('not an assessment id: it looks like 0190a1b2-...-7...-...');
  const log = openLog(read.config);
  try {
    const entries = { head: log.lastPosition(), get: (at: number) => entryAt(log, at) };
    const recorded = getAssessment(entries, ONLY_TENANT, id, position);
    if (recorded === undefined)
      throw new CommandError(`no such assessment in ${read.config.dataDir}`, EXIT.failed);
    return await use(recorded, log, read.config);
  } finally {
    await log.close();
  }
}

function openLog(config: Config): LogReader {
  try {
    return openLogReader(join(config.dataDir, 'log'));
  } catch (error) {
    throw new CommandError(
      error instanceof Error ? `${error.message} (${config.dataDir})` : String(error),
      EXIT.failed,
    );
  }
}

function entryAt(log: LogReader, position: number) {
  const bytes = log.get(position);
  return bytes === undefined ? undefined : readEntry(position, bytes);
}

/** Walks back to the revision with this hash. */
function policyWith(hash: string, log: LogReader, config: Config): CompiledPolicy | 'refused' | undefined {
  for (let position = log.lastPosition(); position > 0; position--) {
    const entry = entryAt(log, position);
    if (entry === undefined) return undefined;
    if (entry.kind !== 'policy-revision') continue;
    const body = decodeEntry(entry.kind, entry.payload);
    if (body.kind === 'policy-revision' && body.hash === hash) return compiled(body.text, config);
  }
  return undefined;
}

/** Lists in a policy are compiled with the deployment's own keys. */
function compiled(text: string, config: Config): CompiledPolicy | 'refused' {
  const pseudonyms = new Pseudonyms(loadKeyring(config.keysFile), new OperatorDirectory(), { cacheBytes: 0 });
  const result = readPolicy(text, {
    pseudonyms: listPseudonyms(pseudonyms, ONLY_TENANT),
    isRecorded: true,
  });
  return result.kind === 'valid' ? result.policy : 'refused';
}
