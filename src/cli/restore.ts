import { readConfig } from '../config.js';
import { markDataFolder } from '../service/data-folder.js';
import { StoreError } from '../store/ports.js';
import { restoreLog } from '../store/restore-log.js';
import { configProblems } from './show-config.js';
import { CommandError, EXIT, type Terminal } from './terminal.js';

/**
 * `holdfast restore BACKUP`: puts a backup in the place of a log that cannot be used. Stop the service first.
 *
 * @returns the exit code
 * @throws CommandError when the backup is no sound log or the folder is in use
 */
export async function restore(
  backup: string,
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<number> {
  const read = readConfig(env);
  if (read.kind === 'invalid') throw new CommandError(configProblems(read.problems));
  const { dataDir } = read.config;
  const suffix = `before-restore-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  try {
    const { lastPosition, movedAside } = await restoreLog(dataDir, backup, suffix);
    // What the folder knew of a longer log is over.
    markDataFolder(dataDir, lastPosition);
    terminal.out(
      `restored ${lastPosition} entries into ${dataDir}; the state is made anew at the next start`,
    );
    if (movedAside.length > 0) terminal.out(`kept beside it: ${movedAside.join(', ')}`);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof StoreError) throw new CommandError(`${error.message} (${error.code})`, EXIT.failed);
    throw error;
  }
}
