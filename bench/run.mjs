// Runs the bench on a fresh checkout: installs its peers, builds the service and the bench where needed, then measures.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bench = dirname(fileURLToPath(import.meta.url));
const root = dirname(bench);

function run(folder, command, args) {
  // Standard output is for the table alone.
  const result = spawnSync(command, args, { cwd: folder, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function install(folder) {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs
  ) {
    return;
  }
  console.error(`Installing into ${folder} ...`);
  run(folder, 'npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
}

install(root);
install(bench);
console.error('Building ...');
run(root, 'npm', ['run', '--silent', 'build']);
run(root, 'npx', ['tsc', '-p', 'bench/tsconfig.json']);
await import('./.cache/build/bench/main.js');
