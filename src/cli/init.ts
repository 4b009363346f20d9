import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { readConfig } from '../config.js';
import { createKeyFile, KeyringError, loadKeyring } from '../identity/index.js';
import { inspectDataFolder, markDataFolder } from '../service/data-folder.js';
import { openLogStore } from '../store/lmdb-log-store.js';
import { StoreError } from '../store/ports.js';
import { configProblems } from './show-config.js';
import { CommandError, EXIT, type Terminal } from './terminal.js';

/**
 * `holdfast init`: makes the data folder and the keys, for a service that is told to make neither
 * (HOLDFAST_DATA_REQUIRED). What is there is left alone.
 *
 * @returns the exit code
 * @throws CommandError when the folder was in use and its log is gone, or cannot be made
 */
export async function init(
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<number> {
  const read = readConfig(env);
  if (read.kind === 'invalid') throw new CommandError(configProblems(read.problems));
  const { dataDir, keysFile } = read.config;
  try {
    if (inspectDataFolder(dataDir, false).hasLog) {
      terminal.out(`${dataDir} is initialised already`);
      return EXIT.ok;
    }
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const hasKeys = existsSync(keysFile);
    if (hasKeys) loadKeyring(keysFile);
    else createKeyFile(keysFile, randomBytes, Date.now());
    const log = await openLogStore(`${dataDir}/log`);
    await log.close();
    markDataFolder(dataDir, 0);
    terminal.out(`initialised ${dataDir}; ${hasKeys ? 'keys are those of' : 'made new keys in'} ${keysFile}`);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof StoreError || error instanceof KeyringError) {
      throw new CommandError(`${error.message} (${error.code})`, EXIT.failed);
    }
    throw new CommandError(error instanceof Error ? error.message : String(error), EXIT.failed);
  }
}
