import { readFileSync, statSync } from 'node:fs';

/** How often the file is looked at. Polling also sees files that are replaced by a rename or a mounted volume. */
const LOOK_INTERVAL_MS = 500;
/** A policy is at most 1 MiB of text; see the contract. */
const MAX_POLICY_BYTES = 1024 * 1024;

/** Told of the file's text: at every change, also when the change is undone. */
export interface PolicyFileListener {
  changed(text: string): void;
  unreadable(cause: string): void;
}

/** Watches a policy file. Says what stands in it; judges nothing. */
export class PolicyFile {
  #timer: NodeJS.Timeout | undefined;
  #seen = '';
  #text: string | undefined;

  constructor(readonly path: string) {}

  /**
   * Reads the file now.
   *
   * @throws Error naming the file if it cannot be read or is longer than 1 MiB
   */
  read(): string {
    const { size } = this.#stat();
    if (size > MAX_POLICY_BYTES) throw new Error(`${this.path} is longer than ${MAX_POLICY_BYTES} bytes`);
    const text = readFileSync(this.path, 'utf8');
    this.#seen = this.#mark();
    this.#text = text;
    return text;
  }

  /** Looks at the file from now on; call {@link read} first. */
  watch(listener: PolicyFileListener): void {
    this.#timer = setInterval(() => this.#look(listener), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #stat(): { readonly size: number } {
    try {
      return statSync(this.path);
    } catch (cause) {
      throw Object.assign(
        new Error(`the policy file ${this.path} (HOLDFAST_POLICY_FILE) cannot be read`, { cause }),
        { code: 'POLICY_UNREADABLE' },
      );
    }
  }

  #look(listener: PolicyFileListener): void {
    const mark = this.#mark();
    if (mark === this.#seen) return;
    this.#seen = mark;
    const before = this.#text;
    let text: string;
    try {
      text = this.read();
    } catch (error) {
      listener.unreadable(error instanceof Error ? error.message : String(error));
      return;
    }
    if (text !== before) listener.changed(text);
  }

  #mark(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.path);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      return 'absent';
    }
  }
}
