// Compares our reading of addresses with the networks' own libraries, which are installed for it alone, by their lock file.
// --seed S, --count N (1000), --network NAME (again and again), --json; --write FILE writes the places of one key instead.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const campaign = join(root, 'test', 'campaign', 'destinations');
const cache = join(root, '.cache', 'destinations');
const libraries = join(cache, 'libraries');

function run(command, options) {
  const [program, ...args] = command;
  const { status } = spawnSync(program, args, { stdio: ['ignore', 2, 2], ...options });
  if (status !== 0) process.exit(status ?? 1);
}

console.error('Building the reader ...');
run(['npx', 'tsc', '-p', join(campaign, 'tsconfig.json')], { cwd: root });
writeFileSync(join(cache, 'reader', 'package.json'), '{"type":"module"}\n');

const lock = createHash('sha256')
  .update(readFileSync(join(campaign, 'package-lock.json')))
  .digest('hex');
const mark = join(libraries, 'node_modules', '.installed');
if (!existsSync(mark) || readFileSync(mark, 'utf8') !== lock) {
  console.error('Installing the libraries (700 MiB, no scripts of theirs are run) ...');
  rmSync(libraries, { recursive: true, force: true });
  mkdirSync(libraries, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(campaign, name), join(libraries, name));
  run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: libraries });
  writeFileSync(mark, lock);
}
// Beside the libraries, so that they find them.
const isOurs = (path) => !/node_modules|package-lock\.json|tsconfig\.json/.test(path);
cpSync(campaign, libraries, { recursive: true, filter: isOurs });
cpSync(join(root, 'test/identity/destination/hostile-texts.mjs'), join(libraries, 'hostile-texts.mjs'));
const reader = pathToFileURL(join(cache, 'reader', 'read-destination.js')).href;
const { status } = spawnSync(
  process.execPath,
  [join(libraries, 'main.mjs'), '--reader', reader, ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
