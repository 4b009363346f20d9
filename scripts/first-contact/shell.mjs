import { spawn } from 'node:child_process';

const LOOK_MS = 50;
/** Looks before what has not ended is killed: half a minute. */
const PATIENCE = 600;

/** One shell for a page, so that what a reader sets stays set. Ends with all that it started. */
export class Shell {
  #child;
  #output = '';
  #waiting;
  #count = 0;

  constructor(folder, env) {
    this.#child = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.once('exit', () => this.#waiting?.());
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#output += text;
        this.#waiting?.();
      });
    }
  }

  /** @returns what was printed, and the exit code of the last command that failed, or 0 */
  async run(command) {
    this.#count += 1;
    const end = `end-of-command-${this.#count}`;
    this.#output = '';
    this.#child.stdin.write(
      `failed=0; trap 'failed=$?' ERR; { ${command}\n} 2>&1 < /dev/null; trap - ERR; echo "${end} $failed"\n`,
    );
    const done = new RegExp(`${end} (\\d+)\\n`);
    for (;;) {
      const found = done.exec(this.#output);
      if (found !== null) return { printed: this.#output.slice(0, found.index), code: Number(found[1]) };
      if (this.#child.exitCode !== null) throw new Error(`the shell ended: ${this.#output}`);
      await new Promise((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** A command that goes on beside the shell; what it prints goes to a file. */
  async start(command, logFile) {
    await this.run(`{ ${command}\n} > '${logFile}' 2>&1 < /dev/null &`);
  }

  /** Ends the shell and the process group that everything of the page is in, and waits until it is gone: ports are free then. */
  async close() {
    for (let look = 0; this.#signal(look === 0 ? 'SIGTERM' : look === PATIENCE ? 'SIGKILL' : 0); look += 1) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** @returns whether anybody of the group is there */
  #signal(signal) {
    try {
      process.kill(-this.#child.pid, signal);
      return true;
    } catch {
      return false;
    }
  }
}
