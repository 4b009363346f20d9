import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EMPTY_REGISTRY, type ProviderRegistry, type RegistryProblem } from './registry.js';
import { readRegistry } from './registry-reader.js';

/** Notices what the file system does not tell (network shares, mounted secrets). */
const POLL_MS = 5_000;

/** Editors and secret mounts write in several steps: read when it has been quiet for this long. */
const SETTLE_MS = 100;

export interface RegistryListener {
  /** A valid registry that differs from the one before. */
  changed(registry: ProviderRegistry): void;
  /** The files are wrong; the last good registry stays. Told once for each state of the files. */
  refused(problems: readonly RegistryProblem[]): void;
}

/** Follows HOLDFAST_PROVIDERS_FILE and the files it names. The last good registry stays in force. */
export class RegistryWatch {
  readonly #file: string;
  readonly #listener: RegistryListener;
  #registry: ProviderRegistry = EMPTY_REGISTRY;
  /** Text of all files, to tell a change from a touch. */
  #contents = '';
  #watchers: FSWatcher[] = [];
  #folders = '';
  #timer: NodeJS.Timeout | undefined;
  #loading: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(file: string, listener: RegistryListener) {
    this.#file = file;
    this.#listener = listener;
  }

  get registry(): ProviderRegistry {
    return this.#registry;
  }

  /** Reads the registry for the first time and follows it from then on. The listener hears what came of it. */
  async start(): Promise<void> {
    await this.load();
    this.#schedule(POLL_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    await this.#loading;
  }

  /** Reads everything now. Calls follow each other. */
  load(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#load());
    return this.#loading;
  }

  async #load(): Promise<void> {
    const texts: string[] = [];
    const readText = async (path: string): Promise<string> => {
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        texts.push(`${path}\nunreadable`);
        throw error;
      });
      texts.push(`${path}\n${text}`);
      return text;
    };
    const reading = await readRegistry(this.#file, readText);
    if (this.#isStopped) return;
    this.#watchFolders(reading.files);
    const contents = texts.join('\n');
    if (contents === this.#contents) return;
    this.#contents = contents;
    if (reading.kind === 'invalid') {
      this.#listener.refused(reading.problems);
      return;
    }
    this.#registry = reading.registry;
    this.#listener.changed(reading.registry);
  }

  /** Folders, not files: a file that is replaced takes its watcher with it. */
  #watchFolders(files: readonly string[]): void {
    const folders = [...new Set(files.map((file) => dirname(file)))].sort();
    if (folders.join('\n') === this.#folders) return;
    this.#folders = folders.join('\n');
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = folders.flatMap((folder) => {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#schedule(SETTLE_MS));
        watcher.on('error', () => watcher.close());
        return [watcher];
      } catch {
        // Polling still sees its files.
        return [];
      }
    });
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.load().then(() => this.#schedule(POLL_MS));
    }, delayMs);
    this.#timer.unref();
  }
}
