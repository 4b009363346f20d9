import { readFile } from 'node:fs/promises';
import type { Config } from '../config.js';
import { KeyringError, loadKeyring } from '../identity/index.js';
import {
  compilePolicy,
  type ParsedPolicy,
  PolicyFile,
  PolicyRefusedError,
  parsePolicy,
} from '../policy/index.js';
import { CASE_IDENTITY } from './case-identity.js';
import { RegistryRefusedError } from './feeds.js';

/** Several files that a start needs are missing or wrong. */
export class FilesRefusedError extends Error {
  override readonly name = 'FilesRefusedError';
  readonly code = 'FILES_INVALID';
  /** @param causes what each file's own error would be */
  constructor(readonly causes: readonly Error[]) {
    super(`${causes.length} files that the settings name are missing or wrong`);
  }
}

/** What was read on the way and need not be read again. */
export interface CheckedFiles {
  /** Of the policy file; undefined where the policy is in the log. */
  readonly policy: ParsedPolicy | undefined;
}

/**
 * Reads the files that settings name before anything is made or opened, so that whoever starts the service hears of all
 * mistakes at once, and a start that fails leaves no new keys behind.
 *
 * @param hasEvidence the data folder has been in use: its keys must be there, and in api mode the policy is in the log
 * @throws what is wrong with the one file, or FilesRefusedError
 */
export async function checkFiles(
  config: Pick<Config, 'policyFile' | 'policyMode' | 'keysFile' | 'providersFile'>,
  hasEvidence: boolean,
): Promise<CheckedFiles> {
  const isPolicyRead = config.policyMode === 'file' || !hasEvidence;
  let policy: ParsedPolicy | undefined;
  const problems = [
    isPolicyRead
      ? problemOf(() => {
          policy = checkPolicy(config.policyFile, hasEvidence);
        })
      : undefined,
    keysProblem(config.keysFile, hasEvidence),
    config.providersFile === undefined ? undefined : await registryProblem(config.providersFile),
  ].filter((problem) => problem !== undefined);
  const [first, second] = problems;
  if (second !== undefined) throw new FilesRefusedError(problems);
  if (first !== undefined) throw first;
  return { policy };
}

/** @param mayBeRecorded the log may hold the text; opened, it says whether it does */
function checkPolicy(path: string, mayBeRecorded: boolean): ParsedPolicy {
  const parsed = parsePolicy(new PolicyFile(path).read());
  // Keys may not be there yet: mistakes are the same whatever stands for an identifier.
  const result = compilePolicy(parsed, { pseudonyms: CASE_IDENTITY, isRecorded: mayBeRecorded });
  if (result.kind === 'invalid') throw new PolicyRefusedError(path, result.problems);
  return parsed;
}

function keysProblem(path: string, hasEvidence: boolean): Error | undefined {
  const problem = problemOf(() => loadKeyring(path));
  const isMissing = problem instanceof KeyringError && problem.code === 'KEY_FILE_MISSING';
  return isMissing && !hasEvidence ? undefined : problem;
}

async function registryProblem(path: string): Promise<Error | undefined> {
  // A start without a registry need not load what reads one.
  const { readRegistry } = await import('../feed/registry-reader.js');
  const reading = await readRegistry(path, (file) => readFile(file, 'utf8'));
  return reading.kind === 'invalid' ? new RegistryRefusedError(reading.problems) : undefined;
}

function problemOf(read: () => unknown): Error | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
