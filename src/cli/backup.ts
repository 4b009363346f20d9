import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, packageVersion, readConfig } from '../config.js';
import { checkKeys, type Keyring, KeyringError, loadKeyring, placeKeyFile } from '../identity/index.js';
import { readPassphrase, sealKeys, unsealKeys } from '../identity/sealed-keys.js';
import { markDataFolder } from '../service/data-folder.js';
import { STATE_SCHEMA_VERSION } from '../service/stores.js';
import { readBackup } from '../store/backup/archive-reader.js';
import { BackupError } from '../store/backup/backup-error.js';
import { makeBackup } from '../store/backup/make-backup.js';
import type { BackupManifest } from '../store/backup/manifest.js';
import { restoreBackup } from '../store/backup/restore-backup.js';
import { openLogReader } from '../store/log-reader.js';
import { StoreError } from '../store/ports.js';
import { openCheckpointReader } from '../store/state-reader.js';
import { drawProgress } from './progress.js';
import { configProblems } from './show-config.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

type Env = Readonly<Record<string, string | undefined>>;

export interface BackupOptions {
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

/**
 * `holdfast backup make ARCHIVE`.
 *
 * @returns the exit code
 * @throws CommandError with a code in its text when there is no backup
 */
export function make(archive: string, options: BackupOptions, env: Env, terminal: Terminal): Promise<number> {
  return telling(async () => {
    const { dataDir, keysFile } = configOf(env);
    const passphrase = passphraseOf(options);
    const log = openLogReader(join(dataDir, 'log'));
    const progress = drawProgress(terminal, 'entries');
    try {
      // Without them, or with others, nobody could use it: better to hear of it now.
      const keyring = loadKeyring(keysFile);
      checkKeys(keyring, log.keyCheck());
      const { manifest, bytes } = await makeBackup(log, archive, {
        version: packageVersion(),
        nowMs: Date.now(),
        keysFile: resolve(keysFile),
        schemaVersion: STATE_SCHEMA_VERSION,
        sealedKeys: passphrase === undefined ? undefined : await sealKeys(keyring, passphrase),
        openCheckpoint: () => openCheckpointReader(join(dataDir, 'state')),
        onProgress: (done, total) => progress.show(done, total),
      });
      progress.end();
      tell(manifest, options, terminal, `made ${archive}, ${bytes} bytes`, { archive, bytes });
      return EXIT.ok;
    } finally {
      progress.end();
      await log.close();
    }
  });
}

/**
 * `holdfast backup verify ARCHIVE`.
 *
 * @returns the exit code
 * @throws CommandError with a code in its text when it is not whole, or its keys are not at hand
 */
export function verify(
  archive: string,
  options: BackupOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  return telling(async () => {
    const { keysFile } = configOf(env);
    const passphrase = passphraseOf(options);
    const progress = drawProgress(terminal, 'entries');
    let sealed: Buffer | undefined;
    const manifest = await readBackup(archive, {
      sealedKeys: (bytes) => {
        sealed = Buffer.from(bytes);
      },
      pause: async (position, lastPosition) => progress.show(position, lastPosition),
    }).finally(() => progress.end());
    const keyring =
      passphrase === undefined ? loadKeyring(keysFile) : await unsealKeys(required(sealed), passphrase);
    checkKeys(keyring, checkOf(manifest));
    tell(manifest, options, terminal, `${archive} is whole, and its keys are at hand`, { archive });
    return EXIT.ok;
  });
}

/**
 * `holdfast backup restore ARCHIVE`.
 *
 * @returns the exit code
 * @throws CommandError with a code in its text when nothing was restored
 */
export function restore(
  archive: string,
  options: BackupOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  return telling(async () => {
    const { dataDir, keysFile } = configOf(env);
    const passphrase = passphraseOf(options);
    const found = existsSync(keysFile) ? loadKeyring(keysFile) : undefined;
    let keyring = found;
    const progress = drawProgress(terminal, 'entries');
    let manifest: BackupManifest;
    try {
      manifest = await restoreBackup(dataDir, archive, {
        schemaVersion: STATE_SCHEMA_VERSION,
        nowMs: Date.now,
        onChecked: async (checked, sealed) => {
          keyring ??=
            passphrase === undefined
              ? missingKeys(keysFile, checked)
              : await unsealKeys(required(sealed), passphrase);
          checkKeys(keyring, checkOf(checked));
        },
        onProgress: (done, total) => progress.show(done, total),
        onStaged: () => {
          if (found === undefined && keyring !== undefined) placeKeyFile(keysFile, keyring, randomBytes);
        },
      });
    } finally {
      progress.end();
    }
    markDataFolder(dataDir, manifest.lastPosition);
    const keysText =
      found === undefined ? `made ${keysFile} from the backup` : `its keys are those of ${keysFile}`;
    tell(manifest, options, terminal, `restored into ${dataDir}; ${keysText}`, { dataDir, keysFile });
    return EXIT.ok;
  });
}

function configOf(env: Env): Config {
  const read = readConfig(env);
  if (read.kind === 'invalid') throw new CommandError(configProblems(read.problems));
  return read.config;
}

function passphraseOf({ passphraseFile }: BackupOptions): string | undefined {
  return passphraseFile === undefined ? undefined : readPassphrase(passphraseFile);
}

function required(sealed: Buffer | undefined): Buffer {
  if (sealed !== undefined) return sealed;
  throw new KeyringError('KEY_FILE_MISSING', 'the backup has no keys in it: they were kept elsewhere');
}

function missingKeys(keysFile: string, manifest: BackupManifest): Keyring {
  const where =
    manifest.keys === 'sealed'
      ? 'they are in the backup: give --passphrase-file'
      : `put the keys file of \`${manifest.keysFile}\` there first`;
  throw new KeyringError('KEY_FILE_MISSING', `there is no keys file at \`${keysFile}\`: ${where}`);
}

function checkOf({ keyCheck }: BackupManifest): Buffer | undefined {
  return keyCheck === undefined ? undefined : Buffer.from(keyCheck, 'base64');
}

function tell(
  manifest: BackupManifest,
  options: BackupOptions,
  terminal: Terminal,
  headline: string,
  facts: Readonly<Record<string, unknown>>,
): void {
  const { firstPosition, lastPosition, madeAt, madeBy, keys, keysFile, state } = manifest;
  if (options.json) {
    const { keyCheck: _check, ...shown } = manifest;
    terminal.out(json({ ...facts, ...shown, madeAt: new Date(madeAt).toISOString() }));
    return;
  }
  terminal.out(headline);
  terminal.out(
    `log: entries ${firstPosition} to ${lastPosition}, by Holdfast ${madeBy} at ${new Date(madeAt).toISOString()}`,
  );
  if (state !== undefined) terminal.out(`state: up to entry ${state.cursor}; the log was trimmed`);
  terminal.out(
    keys === 'sealed'
      ? 'keys: inside, encrypted; keep the passphrase elsewhere'
      : `keys: not inside; keep ${keysFile} elsewhere, without it the backup is of no use`,
  );
}

async function telling(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackupError || error instanceof StoreError || error instanceof KeyringError) {
      throw new CommandError(`${error.message} (${error.code})`, EXIT.failed);
    }
    throw error;
  }
}
