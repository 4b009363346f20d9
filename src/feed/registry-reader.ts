import { dirname, resolve } from 'node:path';
import type { HmacKey } from '../identity/keyring.js';
import { parsePairKeys } from '../identity/pair-keys.js';
import { readKeySet, type VerificationKey } from './jwks.js';
import type {
  KeySetAddress,
  ProviderRegistry,
  RegisteredProvider,
  RegistryProblem,
  RegistryReading,
} from './registry.js';
import { type ProviderDeclaration, readRegistryDocument } from './registry-document.js';
import type { Place } from './yaml-fields.js';

/** Reads a file as text; rejects when it cannot be read. */
export type ReadText = (path: string) => Promise<string>;

/** A registry is a page of YAML; a key set a few keys. More is not one of ours. */
const MAX_FILE_CHARACTERS = 1_000_000;

/**
 * Reads HOLDFAST_PROVIDERS_FILE and the files it names, which are resolved relative to it. Reports all faults at once
 * and never throws; the files list is complete even then, so that a watcher sees the repair.
 */
export async function readRegistry(file: string, readText: ReadText): Promise<RegistryReading> {
  const files = [file];
  const text = await readOrProblem(file, readText);
  if (typeof text !== 'string') return { kind: 'invalid', problems: [text], files };

  const { declarations, problems: found } = readRegistryDocument(text, file);
  const problems: RegistryProblem[] = [...found];
  const providers = new Map<string, RegisteredProvider>();
  for (const declaration of declarations) {
    const reading = await readProviderFiles(declaration, file, readText);
    files.push(...reading.files);
    problems.push(...reading.problems);
    if (reading.provider !== undefined) providers.set(declaration.id, reading.provider);
  }
  if (problems.length > 0) return { kind: 'invalid', problems, files };
  const registry: ProviderRegistry = { providers };
  return { kind: 'valid', registry, files };
}

interface ProviderReading {
  readonly provider?: RegisteredProvider;
  readonly problems: readonly RegistryProblem[];
  readonly files: readonly string[];
}

async function readProviderFiles(
  declaration: ProviderDeclaration,
  registryFile: string,
  readText: ReadText,
): Promise<ProviderReading> {
  const folder = dirname(registryFile);
  const problems: RegistryProblem[] = [];
  const report = (place: Place, message: string): void => {
    problems.push({ file: registryFile, ...place, message });
  };

  const files: string[] = [];
  let keys: readonly VerificationKey[] = [];
  if (declaration.keySource.kind === 'file') {
    const { file: name } = declaration.keySource;
    const jwksFile = resolve(folder, name);
    files.push(jwksFile);
    const jwksText = await readOrProblem(jwksFile, readText);
    const keySet = typeof jwksText === 'string' ? readKeySet(jwksText, declaration.algorithms) : undefined;
    if (typeof jwksText !== 'string') report(declaration.jwksPlace, jwksText.message);
    for (const problem of keySet?.kind === 'invalid' ? keySet.problems : [])
      report(declaration.jwksPlace, `\`${name}\` ${problem}`);
    if (keySet?.kind === 'valid') keys = keySet.keys;
  }

  let pairKeys: readonly HmacKey[] = [];
  if (declaration.pairKeysFile !== undefined) {
    const pairKeysFile = resolve(folder, declaration.pairKeysFile);
    files.push(pairKeysFile);
    const pairKeysText = await readOrProblem(pairKeysFile, readText);
    if (typeof pairKeysText !== 'string') report(declaration.pairKeysPlace, pairKeysText.message);
    else {
      try {
        pairKeys = parsePairKeys(pairKeysText);
      } catch (error) {
        const cause = error instanceof Error ? error.message : 'cannot be read';
        report(declaration.pairKeysPlace, `\`${declaration.pairKeysFile}\` ${cause}`);
      }
    }
  }
  if (problems.length > 0) return { problems, files };
  return { provider: registered(declaration, keys, pairKeys), problems, files };
}

function registered(
  declaration: ProviderDeclaration,
  keys: RegisteredProvider['keys'],
  pairKeys: readonly HmacKey[],
): RegisteredProvider {
  return {
    id: declaration.id,
    issuer: declaration.issuer,
    ...(declaration.audience === undefined ? {} : { audience: declaration.audience }),
    ...(declaration.operator === undefined ? {} : { operator: declaration.operator }),
    domains: declaration.domains,
    keys,
    ...(declaration.keySource.kind === 'url' ? { keysUrl: addressOf(declaration.keySource) } : {}),
    revokedKeys: declaration.revokedKeys,
    algorithms: declaration.algorithms,
    subjects: declaration.subjects,
    pairKeys,
    heartbeatMs: declaration.heartbeatSeconds * 1000,
    maxConfidence: declaration.maxConfidence,
    cohorts: declaration.cohorts,
    ...(declaration.push === undefined ? {} : { push: declaration.push }),
    deviations: declaration.deviations,
    limits: declaration.limits,
  };
}

function addressOf({ url, refreshMs }: KeySetAddress): KeySetAddress {
  return { url, refreshMs };
}

async function readOrProblem(file: string, readText: ReadText): Promise<string | RegistryProblem> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    return { file, message: `\`${file}\` cannot be read: ${code}` };
  }
  return text.length > MAX_FILE_CHARACTERS ? { file, message: `\`${file}\` is too large` } : text;
}
