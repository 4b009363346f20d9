import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryHead, type RawEntries } from '../audit/simulation/index.js';
import { type Config, readConfig } from '../config.js';
import type { CompiledPolicy } from '../decision/policy-model.js';
import { listPseudonyms, loadKeyring, OperatorDirectory, Pseudonyms } from '../identity/index.js';
import { formatProblem, type ListPseudonyms, type PolicyDocument, readPolicy } from '../policy/index.js';
import { ONLY_TENANT } from '../service/only-tenant.js';
import { decodeEntry } from '../store/codec/entries.js';
import { decodeLogEntry } from '../store/log-entry.js';
import { openLogReader } from '../store/log-reader.js';
import { CASE_IDENTITY } from './case-identity.js';
import { isSynthetic } from './population/labels.js';
import { configProblems } from './show-config.js';
import { CommandError, EXIT } from './terminal.js';

/** A policy with its text. */
export interface ReadPolicyFile {
  readonly policy: CompiledPolicy;
  readonly document: PolicyDocument;
  readonly text: string;
}

/** A data folder opened for looking, also while a service runs on it. */
export interface History {
  readonly entries: RawEntries;
  readonly dataDir: string;
  /** The data are made up. */
  readonly synthetic: boolean;
  /** Lists in policies, named as this deployment names them. */
  readonly pseudonyms: ListPseudonyms;
  close(): Promise<void>;
}

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Opens the data folder that the settings name, or another one.
 *
 * @throws CommandError when there is no history in it or its keys are not there
 */
export function openHistory(env: Env, dataDir?: string): History {
  const read = readConfig(dataDir === undefined ? env : { ...env, HOLDFAST_DATA_DIR: dataDir });
  if (read.kind === 'invalid') throw new CommandError(configProblems(read.problems));
  const { config } = read;
  try {
    const log = openLogReader(join(config.dataDir, 'log'));
    const head = log.lastPosition();
    return {
      entries: { head, get: (position) => log.get(position) },
      dataDir: config.dataDir,
      synthetic: isSynthetic(config.dataDir),
      pseudonyms: pseudonymsOf(config),
      close: () => log.close(),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${why} (${config.dataDir})`, EXIT.failed);
  }
}

function pseudonymsOf(config: Config): ListPseudonyms {
  const keyring = loadKeyring(config.keysFile);
  const pseudonyms = new Pseudonyms(keyring, new OperatorDirectory(), { cacheBytes: 0 });
  return listPseudonyms(pseudonyms, ONLY_TENANT);
}

/**
 * Reads and compiles a policy file.
 *
 * @param pseudonyms absent: names for checks without keys
 * @throws CommandError with every problem
 */
export function readPolicyFile(file: string, pseudonyms: ListPseudonyms = CASE_IDENTITY): ReadPolicyFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return readPolicyText(text, file, pseudonyms);
}

/**
 * Compiles the text of a policy.
 *
 * @param name what problems call it
 * @param pseudonyms absent: names for checks without keys
 * @param isRecorded the text is a revision that a log holds
 * @throws CommandError with every problem
 */
export function readPolicyText(
  text: string,
  name: string,
  pseudonyms: ListPseudonyms = CASE_IDENTITY,
  isRecorded = false,
): ReadPolicyFile {
  const result = readPolicy(text, { pseudonyms, isRecorded });
  switch (result.kind) {
    case 'valid':
      return { policy: result.policy, document: result.document, text };
    case 'invalid':
      throw new CommandError(
        result.problems.map((problem) => formatProblem(problem, name)).join('\n'),
        EXIT.failed,
      );
    default:
      return result satisfies never;
  }
}

/**
 * The revision that decides at the end of a history.
 *
 * @throws CommandError when the log does not hold it (any more)
 */
export function activePolicy({ entries, pseudonyms }: History): ReadPolicyFile {
  const texts = new Map<number, string>();
  let active = 0;
  for (let position = 1; position <= entries.head; position++) {
    const bytes = entries.get(position);
    if (bytes === undefined || entryHead(bytes)?.kind.startsWith('policy-') === false) continue;
    const { kind, payload } = decodeLogEntry(position, bytes);
    const body = decodeEntry(kind, payload);
    if (body.kind === 'policy-revision') {
      texts.set(body.number, body.text);
      if (body.activates === true || active === 0) active = body.number;
    } else if (body.kind === 'policy-activation') active = body.number;
  }
  const text = texts.get(active);
  if (text === undefined) {
    throw new CommandError(
      'the log does not hold the policy that decides: name one with --before',
      EXIT.failed,
    );
  }
  return readPolicyText(text, `revision ${active}`, pseudonyms, true);
}
