// Builds and runs the campaign that compares all ways in which a policy's effect is told with a slow recount.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const build = join(root, '.cache', 'campaign');

console.error('Building ...');
const { status } = spawnSync('npx', ['tsc', '-p', 'test/campaign/tsconfig.json'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(status ?? 1);
// Found beside the code by those who look there.
for (const beside of ['policies', 'package.json'])
  cpSync(join(root, beside), join(build, beside), { recursive: true });
await import('../.cache/campaign/test/campaign/policy/main.js');
