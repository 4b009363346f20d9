import { readFile } from 'node:fs/promises';
import type { Config } from '../config.js';
import { KeyringError, loadKeyring } from '../identity/index.js';
import { PolicyFile, PolicyRefusedError, readPolicy } from '../policy/index.js';
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
): Promise<void> {
  const isPolicyRead = config.policyMode === 'file' || !hasEvidence;
  const problems = [
    isPolicyRead ? policyProblem(config.policyFile) : undefined,
    keysProblem(config.keysFile, hasEvidence),
    config.providersFile === undefined ? undefined : await registryProblem(config.providersFile),
  ].filter((problem) => problem !== undefined);
  const [first, second] = problems;
  if (second !== undefined) throw new FilesRefusedError(problems);
  if (first !== undefined) throw first;
}

function policyProblem(path: string): Error | undefined {
  return problemOf(() => {
    // Keys may not be there yet: mistakes are the same whatever stands for an identifier.
    const result = readPolicy(new PolicyFile(path).read(), { pseudonyms: CASE_IDENTITY });
    if (result.kind === 'invalid') throw new PolicyRefusedError(path, result.problems);
  });
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
