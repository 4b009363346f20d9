import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What a program about storage can need; the rest of the source is not compiled. */
const SOURCE_FOLDERS = ['src/gen', 'src/decision', 'src/store', 'src/journal'];

const outputs: string[] = [];

afterAll(() => {
  for (const output of outputs.splice(0)) rmSync(output, { recursive: true, force: true });
});

/** A program of the tests that runs as a process of its own, so that it can be killed. */
export interface ChildProgram {
  /** Where it lies, compiled. */
  readonly path: string;
  start(args: readonly string[], shellPrefix?: string): RunningChild;
}

export interface RunningChild {
  readonly process: ChildProcess;
  /** Its output, line by line, until it ends. */
  readonly lines: AsyncIterable<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/**
 * Compiles a program below `test/` with the source it imports.
 *
 * @param file its path below the repository's root
 * @param folders what it imports from, below the repository's root
 */
export function compileChild(
  file: string,
  folders: readonly string[] = [...SOURCE_FOLDERS, dirname(file), dirname(dirname(file))],
): ChildProgram {
  // Below node_modules, so that packages are found from there.
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const output = mkdtempSync(join(cache, 'holdfast-test-'));
  outputs.push(output);
  writeFileSync(join(output, 'package.json'), '{"type":"module"}');
  for (const folder of folders) compileFolder(folder, output);
  const program = join(output, file.replace(/\.ts$/, '.js'));
  return {
    path: program,
    start(args, shellPrefix = '') {
      const command = `${shellPrefix} exec "$0" "$@"`;
      const child = spawn('sh', ['-c', command, process.execPath, program, ...args], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
        child.once('close', (code, signal) => resolve({ code, signal }));
      });
      return { process: child, lines: createInterface({ input: child.stdout }), ended };
    },
  };
}

function compileFolder(folder: string, output: string): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (folder.startsWith('src')) compileFolder(path, output);
    } else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts')) {
      compileFile(path, output);
    }
  }
}

function compileFile(path: string, output: string): void {
  const target = join(output, relative(root, join(root, path)).replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  const { outputText } = ts.transpileModule(readFileSync(join(root, path), 'utf8'), {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
    },
  });
  writeFileSync(target, outputText);
}
