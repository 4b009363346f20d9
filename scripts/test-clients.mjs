// Tests the clients that need another toolchain than Node. What is absent is named and fails, unless --allow-missing is
// given; --probe only says whether it is there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const allowMissing = process.argv.includes('--allow-missing');

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status === 0;
}

/** A Python that has what the client needs: the one named, Debian's, or the first on the path. */
function findPython() {
  const probe = 'import sys, grpc, google.protobuf; sys.exit(sys.version_info < (3, 11))';
  const candidates = [process.env.HOLDFAST_PYTHON, '/usr/bin/python3', 'python3'];
  return candidates.find(
    (python) => python !== undefined && spawnSync(python, ['-c', probe], { stdio: 'ignore' }).status === 0,
  );
}

const python = findPython();
if (python === undefined) {
  console.error('clients/python: NOT TESTED: no Python 3.11 or newer with grpcio and protobuf');
  console.error('  on Debian: apt-get install python3-grpcio python3-protobuf');
  process.exit(allowMissing ? 0 : 1);
}
if (process.argv.includes('--probe')) process.exit(0);
if (!run('npm', ['run', '--silent', 'build'])) process.exit(1);
const folder = mkdtempSync(join(tmpdir(), 'holdfast-descriptors-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const descriptors = join(folder, 'contract.binpb');
if (!run('npx', ['buf', 'build', '-o', descriptors, '--exclude-source-info', '--as-file-descriptor-set']))
  process.exit(1);
const passed = run(python, ['-m', 'unittest', 'discover', '-s', 'clients/python/tests', '-v'], {
  env: {
    PATH: process.env.PATH,
    PYTHONPATH: join(root, 'clients/python/src'),
    PYTHONDONTWRITEBYTECODE: '1',
    HOLDFAST_SERVE: JSON.stringify([process.execPath, join(root, 'dist/main.js'), 'serve']),
    HOLDFAST_DESCRIPTORS: descriptors,
    HOLDFAST_TEST_POLICY: join(root, 'test/integration/policy.yaml'),
  },
});
console.log(`clients/python: ${passed ? 'passed' : 'FAILED'} (${python})`);
process.exit(passed ? 0 : 1);
