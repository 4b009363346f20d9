import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = 'src';

/** Who may import whom: folder -> folders of ours that it may import. */
const CORE = ['decision', 'gen'];
const BASE = [...CORE, 'policy', 'identity', 'store', 'telemetry'];
const MIDDLE = [...BASE, 'evidence', 'journal', 'audit', 'holds'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  decision: [],
  gen: [],
  telemetry: ['gen'],
  // Knows nothing of what it keeps.
  cache: [],
  policy: [...CORE, 'telemetry'],
  identity: [...CORE, 'telemetry', 'cache'],
  population: CORE,
  store: [...CORE, 'telemetry'],
  evidence: [...BASE, 'cache'],
  journal: BASE,
  audit: BASE,
  holds: BASE,
  feed: MIDDLE,
  server: MIDDLE,
  // The demo looks for a broker with the same script as the tests.
  cli: [...MIDDLE, 'feed', 'server', 'service', 'config', 'population', 'scripts'],
  config: ['telemetry'],
  service: [...MIDDLE, 'feed', 'server', 'config'],
  provider: ['feed', 'decision', 'gen'],
  main: ['service', 'config', 'cli'],
};

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

function folderOf(file: string): string {
  const [first = ''] = file.split('/');
  return first.replace(/\.[jt]s$/, '');
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '');
}

function resolved(file: string, specifier: string): string {
  return join('/', file, '..', specifier).slice(1).split(sep).join('/');
}

/** Files of ours and packages that loading a file loads, without what it imports only when something asks for it. */
function loadedBy(file: string, known: Set<string> = new Set()): ReadonlySet<string> {
  if (known.has(file)) return known;
  known.add(file);
  const text = readFileSync(join(SRC, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s(?!type\b)(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm);
  for (const [, specifier = ''] of statements) {
    if (specifier.startsWith('.')) loadedBy(resolved(file, specifier).replace(/\.js$/, '.ts'), known);
    else known.add(specifier);
  }
  return known;
}

const files = sourceFiles();
const ours = files.filter((file) => !file.startsWith('gen/'));

describe('the house', () => {
  test('imports run in one direction only', () => {
    expect(ours.length).toBeGreaterThan(20);
    const wrong = ours.flatMap((file) => {
      const from = folderOf(file);
      const allowed = MAY_IMPORT[from];
      if (allowed === undefined) return [`${file}: no row for ${from} in the table`];
      return importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => folderOf(resolved(file, specifier)))
        .filter((to) => to !== from && !allowed.includes(to))
        .map((to) => `${file} imports ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  test('the decision core imports nothing of others and reads neither clock nor chance', () => {
    const core = ours.filter((file) => folderOf(file) === 'decision');
    const wrong = core.flatMap((file) => {
      const text = readFileSync(join(SRC, file), 'utf8');
      const outside = importsOf(file).filter((specifier) => !specifier.startsWith('./'));
      const impure = [/Date\.now\(/, /new Date\b/, /Math\.random\(/, /performance\./]
        .filter((pattern) => pattern.test(text))
        .map((pattern) => `${file}: ${pattern.source}`);
      return [...outside.map((specifier) => `${file} imports ${specifier}`), ...impure];
    });
    expect(core.length).toBeGreaterThan(5);
    expect(wrong).toEqual([]);
  });

  test('a start loads nothing of what it needs only sometimes', () => {
    const loaded = [...loadedBy('main.ts'), ...loadedBy('cli/serve.ts')];
    expect(loaded).toContain('service.ts');
    expect(loaded).toContain('@grpc/grpc-js');
    const sometimes = [
      /^cli\/(demo|compare|population)\//,
      /^feed\/(feed|consumer|registry-reader)\.ts$/,
      /^feed\/(provider\/commands|push\/.*)\.ts$/,
      /^audit\/simulation\//,
      /^policy\/(cases|diff|health)\//,
      /^policy\/simulate\/simulation\.ts$/,
      /^(@nats-io\/.*|jose|@grpc\/reflection|cli-table3)$/,
      // Imported by name it brings a whole HTTP client along.
      /^node:https?$/,
    ];
    expect(loaded.filter((name) => sometimes.some((pattern) => pattern.test(name)))).toEqual([]);
  });

  test('no file is longer than 400 lines', () => {
    const long = ours
      .map((file) => ({ file, lines: readFileSync(join(SRC, file), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  test('file names say what a file does', () => {
    const vague = ours.filter((file) => /(utils?|helpers?|misc|common|manager|impl)\.ts$/i.test(file));
    const notKebab = ours.filter(
      (file) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(file.split('/').at(-1) ?? ''),
    );
    expect([...vague, ...notKebab]).toEqual([]);
  });

  test('no silenced compiler or linter in src', () => {
    const silenced = ours.filter((file) =>
      /@ts-ignore|@ts-expect-error|biome-ignore|: any\b|as any\b/.test(readFileSync(join(SRC, file), 'utf8')),
    );
    expect(silenced).toEqual([]);
  });
});

describe('the tests', () => {
  const TESTS = 'test';
  const testFiles = readdirSync(TESTS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

  /** Whether a test, or a file below `test` that it imports, starts processes. */
  function startsProcesses(file: string, known: Set<string> = new Set()): boolean {
    if (known.has(file) || !testFiles.includes(file)) return false;
    known.add(file);
    const text = readFileSync(file, 'utf8');
    const specifiers = [...text.matchAll(/from\s+['"]([^'"]+)['"]/g)].map(([, specifier = '']) => specifier);
    if (specifiers.includes('node:child_process')) return true;
    return specifiers
      .filter((specifier) => specifier.startsWith('.'))
      .some((specifier) => startsProcesses(join(file, '..', specifier).replace(/\.js$/, '.ts'), known));
  }

  test('what starts processes or a broker says so in its name, and nothing else does', () => {
    const tests = testFiles.filter((file) => file.endsWith('.test.ts'));
    expect(tests.length).toBeGreaterThan(100);
    const misnamed = tests.filter((file) => file.endsWith('.system.test.ts') !== startsProcesses(file));
    expect(misnamed).toEqual([]);
  });

  test('none sets a time limit of its own: a busy machine is no fault', () => {
    const limited = testFiles.filter(
      (file) =>
        file.endsWith('.test.ts') &&
        /^\s{0,2}\}, \d[\d_]*\);$|^\s*[\d_]+_000,\n\s*\);$|expect\.poll\([^\n]*timeout:|vi\.waitFor\(/m.test(
          readFileSync(file, 'utf8'),
        ),
    );
    expect(limited).toEqual([]);
  });
});
