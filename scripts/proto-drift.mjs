// Regenerates the code for the contract into a temporary folder and fails if what is committed differs from it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** Folders of generated code, by the template that makes them. */
const TEMPLATES = [
  ['buf.gen.yaml', 'src/gen'],
  ['buf.gen.clients.yaml', 'clients/typescript/src/gen'],
];

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

function check(template, folder) {
  const fresh = mkdtempSync(join(tmpdir(), 'holdfast-gen-'));
  try {
    const command = ['buf', 'generate', '--template', template, '-o', fresh];
    const generated = spawnSync('npx', command, { stdio: 'inherit' });
    if (generated.status !== 0) return false;
    const wanted = filesOf(join(fresh, folder));
    const present = filesOf(folder);
    const drift = [...new Set([...wanted, ...present])].filter((file) => {
      if (!wanted.includes(file) || !present.includes(file)) return true;
      return readFileSync(join(fresh, folder, file), 'utf8') !== readFileSync(join(folder, file), 'utf8');
    });
    if (wanted.length === 0) {
      console.error(`buf generated nothing for ${folder}`);
      return false;
    }
    if (drift.length > 0) {
      console.error(`${folder} does not match proto/; run npm run proto:gen:\n  ${drift.join('\n  ')}`);
      return false;
    }
    console.log(`${folder} matches proto/ (${wanted.length} files)`);
    return true;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

const results = TEMPLATES.map(([template, folder]) => check(template, folder));
if (results.includes(false)) process.exit(1);
