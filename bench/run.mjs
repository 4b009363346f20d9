// Runs the bench on a fresh checkout: installs its peers, builds the service and the bench where needed, then measures.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bench = dirname(fileURLToPath(import.meta.url));
const root = dirname(bench);
const isGuard = process.argv.includes('--check');

function succeeds(folder, command, args) {
  // Standard output is for the table alone.
  return spawnSync(command, args, { cwd: folder, stdio: ['ignore', 2, 2] }).status === 0;
}

function run(folder, command, args) {
  if (!succeeds(folder, command, args)) process.exit(1);
}

/**
 * Whether what a folder depends on is there, installed now if it was not. Not `npm ci`: that empties `node_modules` under
 * whatever runs from it, and refuses a lock that lacks the peers' binaries for other platforms.
 */
function install(folder) {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs
  ) {
    return true;
  }
  console.error(`Installing into ${folder} ...`);
  return succeeds(folder, 'npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error']);
}

if (!install(root)) process.exit(1);
if (!install(bench)) {
  console.error(`not compared: the bench's peers could not be installed into ${bench}`);
  // The guard proves nothing then, neither for nor against the code.
  process.exit(isGuard ? 0 : 1);
}
console.error('Building ...');
run(root, 'npm', ['run', '--silent', 'build']);
run(root, 'npx', ['tsc', '-p', 'bench/tsconfig.json']);
await import('./.cache/build/bench/main.js');
