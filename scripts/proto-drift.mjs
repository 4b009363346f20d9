// Regenerates the code for the contract into a temporary folder and fails if src/gen differs from it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

const fresh = mkdtempSync(join(tmpdir(), 'holdfast-gen-'));
try {
  const generated = spawnSync('npx', ['buf', 'generate', '-o', fresh], { stdio: 'inherit' });
  if (generated.status !== 0) process.exit(generated.status ?? 1);
  const wanted = filesOf(join(fresh, 'src/gen'));
  const present = filesOf('src/gen');
  const drift = [...new Set([...wanted, ...present])].filter((file) => {
    if (!wanted.includes(file) || !present.includes(file)) return true;
    return readFileSync(join(fresh, 'src/gen', file), 'utf8') !== readFileSync(join('src/gen', file), 'utf8');
  });
  if (wanted.length === 0) {
    console.error('buf generated nothing');
    process.exit(1);
  }
  if (drift.length > 0) {
    console.error(`src/gen does not match proto/; run npm run proto:gen:\n  ${drift.join('\n  ')}`);
    process.exit(1);
  }
  console.log(`src/gen matches proto/ (${wanted.length} files)`);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
