import type { Command } from 'commander';
import type { BackupOptions } from './backup.js';
import type { Terminal } from './terminal.js';

const JSON_FLAG = ['--json', 'print JSON for programs instead of text for people'] as const;

const MAKE_HELP = `
The service may run: nothing is locked or stopped. All that was acknowledged before is in it. It is read again as a
whole before it gets its name. The keys are not in it, unless --passphrase-file says how to encrypt them; keep the keys file
elsewhere, since a backup is of no use without it. Keep pair keys of providers and the registry with it.

Exit codes: 0 made; 1 not made, and nothing is left behind; 2 called wrongly.`;

const VERIFY_HELP = `
Reads all of it: every checksum, every entry, that none is missing, and whether the keys file of the settings
(HOLDFAST_KEYS_FILE), or with --passphrase-file the keys inside, are those that it needs.

Exit codes: 0 whole, and its keys are at hand; 1 not; 2 called wrongly.`;

const RESTORE_HELP = `
Into the data folder of the settings (HOLDFAST_DATA_DIR), which must be empty. The keys file must be at its place
(HOLDFAST_KEYS_FILE); --passphrase-file takes it from a backup that has it. Then start the service: it makes its state anew.

Exit codes: 0 restored; 1 not restored, and nothing is in place; 2 called wrongly.`;

/** `holdfast backup ...`. Code is loaded when it runs: see `run`. */
export function addBackupCommands(
  program: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  const backup = program.command('backup').description('back up the data folder, also of a running service');
  withOptions(backup.command('make'))
    .description('write a backup of the data folder to a new file')
    .addHelpText('after', MAKE_HELP)
    .action(async (archive: string, options: BackupOptions) => {
      const { make } = await import('./backup.js');
      exitWith(await make(archive, options, process.env, terminal));
    });
  withOptions(backup.command('verify'))
    .description('say whether a backup is whole and its keys are at hand')
    .addHelpText('after', VERIFY_HELP)
    .action(async (archive: string, options: BackupOptions) => {
      const { verify } = await import('./backup.js');
      exitWith(await verify(archive, options, process.env, terminal));
    });
  withOptions(backup.command('restore'))
    .description('put a backup into an empty data folder')
    .addHelpText('after', RESTORE_HELP)
    .action(async (archive: string, options: BackupOptions) => {
      const { restore } = await import('./backup.js');
      exitWith(await restore(archive, options, process.env, terminal));
    });
}

function withOptions(command: Command): Command {
  return command
    .argument('<archive>', 'the file of the backup')
    .option('--passphrase-file <file>', 'its first line encrypts the keys in the backup; mode 0600')
    .option(...JSON_FLAG);
}
