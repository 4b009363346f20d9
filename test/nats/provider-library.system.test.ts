import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runFeedKeygen } from '../../src/feed/provider/commands.js';
import { TestBroker, testServer } from './broker.js';
import { FeedWorld } from './feed-world.js';

const server = await testServer();

/** What `holdfast/provider` is made of; anything else that it imported would not be found. */
const FOLDERS = ['decision', 'feed', 'identity'];

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

let packageFolder: string;

/** The package as it is installed: its name, its exports, its code. */
beforeAll(() => {
  const cache = join('node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  packageFolder = mkdtempSync(join(cache, 'holdfast-package-'));
  const { name, type, exports } = manifest;
  writeFileSync(join(packageFolder, 'package.json'), JSON.stringify({ name, type, exports }));
  for (const folder of FOLDERS) {
    for (const entry of readdirSync(join('src', folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const path = join(entry.parentPath, entry.name);
      const output = join(packageFolder, 'dist', relative('src', path).replace(/\.ts$/, '.js'));
      mkdirSync(dirname(output), { recursive: true });
      writeFileSync(output, transpiled(readFileSync(path, 'utf8')));
    }
  }
});
afterAll(() => rmSync(packageFolder, { recursive: true, force: true }));

function transpiled(text: string): string {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
  };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}

/** The program of the docs, as a stranger copies it. */
function example(): string {
  const [, code] =
    /<!-- example: holdfast\/provider -->\s*```js\n([\s\S]*?)```/.exec(
      readFileSync('docs/providers.md', 'utf8'),
    ) ?? [];
  if (code === undefined) throw new Error('docs/providers.md has no example of holdfast/provider');
  return code;
}

async function runProgram(code: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const file = join(packageFolder, 'example.mjs');
  writeFileSync(file, code);
  const child = spawn(process.execPath, [join(process.cwd(), file)], {
    cwd,
    env: { ...process.env, ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const code_ = await new Promise((resolve) => child.once('close', resolve));
  return `${said}exit ${String(code_)}`;
}

test.runIf(server !== undefined)(
  'the program in docs/providers.md publishes, and sees what became of it',
  async () => {
    const broker = await TestBroker.start(server);
    const world = new FeedWorld(broker.url);
    try {
      const inFolder = (name: string): string => join(world.folder, name);
      await runFeedKeygen({
        kid: '2026-11',
        algorithm: 'EdDSA',
        privateFile: inFolder('att.key.json'),
        jwksFile: inFolder('att.jwks.json'),
        pairKeys: { file: inFolder('att.pair-keys.json'), keyId: 'k1' },
      });
      writeFileSync(
        inFolder('providers.yaml'),
        `providers:
  - id: att
    issuer: https://mail.att.example
    operator: att
    keys: { jwks_file: att.jwks.json }
    pair_keys_file: att.pair-keys.json
`,
      );
      await world.start();
      await world.happened.until(({ reports }) => reports.length === 1);
      const said = await runProgram(example(), world.folder, { NATS_URL: broker.url });
      expect(said).toMatch(/^published number 2 as [0-9a-f-]{36}\n/);
      expect(said).toMatch(/FRESH: 2 accepted, 0 missing\nexit 0$/);
      expect(world.happened).toMatchObject({ accepted: 2, heartbeats: 1, refused: [] });
    } finally {
      await world.stop();
      await broker.stop();
    }
  },
);

test('the package offers the library and nothing of the inside', () => {
  expect(manifest.exports).toEqual({
    './provider': {
      types: './dist/feed/provider/index.d.ts',
      default: './dist/feed/provider/index.js',
    },
    './package.json': './package.json',
  });
  expect(manifest.files).toContain('dist');
  expect(JSON.parse(readFileSync('tsconfig.build.json', 'utf8')).compilerOptions).toMatchObject({
    rootDir: 'src',
    outDir: 'dist',
    declaration: true,
  });
});
