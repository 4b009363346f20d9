import { type Config, checkNodeVersion, readConfig } from '../config.js';
import { KeyringError } from '../identity/index.js';
import { formatProblem, PolicyRefusedError } from '../policy/index.js';
import { FilesRefusedError } from '../service/check-files.js';
import { type Service, startService } from '../service.js';
import { silenceLibraries } from '../telemetry/library-console.js';
import { createLogger, type Logger } from '../telemetry/logger.js';
import { captureNativeOutput } from '../telemetry/native-output.js';
import { preferShortPauses } from './collector.js';
import { configProblems } from './show-config.js';
import { EXIT, type Terminal } from './terminal.js';

/** npm and a process group both deliver the same signal: a second one counts only after this. */
const SECOND_SIGNAL_AFTER_MS = 1_000;

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * `holdfast serve`: runs the service in the foreground until SIGTERM or SIGINT, then drains. A second signal ends the
 * process at once.
 *
 * @returns the exit code, when the service has stopped
 */
export async function serve(
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<number> {
  const node = checkNodeVersion(process.versions.node);
  if (node.kind === 'refused') {
    terminal.err(`cannot start: ${node.problem}`);
    return EXIT.failed;
  }
  const read = readConfig(env);
  if (read.kind === 'invalid') {
    terminal.err(configProblems(read.problems));
    return EXIT.usage;
  }
  preferShortPauses();
  const logger = createLogger({ level: read.config.logLevel });
  const restoreConsole = silenceLibraries(logger);
  const restoreErrors = captureNativeOutput(read.config.dataDir, logger);
  const people: Terminal = {
    ...terminal,
    err: (text) => {
      restoreErrors();
      terminal.err(text);
    },
  };
  try {
    return await serveUntilStopped(read.config, logger, people);
  } finally {
    restoreErrors();
    restoreConsole();
  }
}

async function serveUntilStopped(config: Config, logger: Logger, terminal: Terminal): Promise<number> {
  let service: Service | undefined;
  let stoppingSince: number | undefined;
  let forgetSignals = (): void => {};
  const stopped = new Promise<void>((resolve, reject) => {
    // Before the start: whoever reads that the service has started may stop it at once.
    forgetSignals = onStopSignals((signal) => {
      if (service === undefined) {
        // Nothing is served yet: the signal does what it does to any program.
        forgetSignals();
        process.kill(process.pid, signal);
      } else if (stoppingSince === undefined) {
        stoppingSince = performance.now();
        service.stop(signal).then(resolve, reject);
      } else if (performance.now() - stoppingSince > SECOND_SIGNAL_AFTER_MS) {
        process.exit(EXIT.failed);
      }
    });
  });
  try {
    service = await startService(config, { logger });
    // Signals are heard until the process is gone: a second one must not make a clean end look like a killed one.
    await stopped;
    return EXIT.ok;
  } catch (error) {
    if (service === undefined) forgetSignals();
    terminal.err(startProblem(error));
    return EXIT.failed;
  }
}

/** @returns stops listening */
function onStopSignals(heard: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of STOP_SIGNALS) process.on(signal, heard);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, heard);
  };
}

/** Why a service cannot start, for the person who started it. */
export function startProblem(error: unknown): string {
  if (error instanceof FilesRefusedError) {
    return [`cannot start: ${error.message}`, ...error.causes.map(describeProblem)].join('\n');
  }
  return `cannot start: ${describeProblem(error)}`;
}

function describeProblem(error: unknown): string {
  if (error instanceof PolicyRefusedError) {
    const problems = error.problems.map((problem) => formatProblem(problem, error.path));
    return [`${error.message} (HOLDFAST_POLICY_FILE) (${error.code})`, ...problems].join('\n');
  }
  const setting = error instanceof KeyringError ? ' (HOLDFAST_KEYS_FILE)' : '';
  const message = `${error instanceof Error ? error.message : String(error)}${setting}`;
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `${message}${code}`;
}
