// `npm test` runs the fast tests, `npm cit` all of them, and `npm test -- PLACE ...` all those of a place. All that
// tells `npm cit` from `npm test` is npm's own name of the command.
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2);
const onlyFast = args.length === 0 && process.env['npm_command'] === 'test';
const result = spawnSync('vitest', ['run', ...(onlyFast ? ['--project', 'fast'] : args)], {
  stdio: 'inherit',
});
if (result.error) throw result.error;
if (onlyFast && result.status === 0) {
  console.log(
    'These were the fast tests. `npm run test:system` runs those that start processes and a broker.',
  );
}
process.exit(result.status ?? 1);
