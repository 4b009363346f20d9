import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureCost } from './cost.mjs';
import { SeededRandom } from './random.mjs';
import { tabulate } from './report.mjs';
import { runFamily } from './run-family.mjs';

const { values: options } = parseArgs({
  options: {
    reader: { type: 'string' },
    seed: { type: 'string' },
    count: { type: 'string', default: '1000' },
    network: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    // Writes the places of one key of each network, for the fast tests.
    write: { type: 'string' },
  },
});
const seed = options.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const count = Number(options.count);
if (!Number.isInteger(count) || count < 1) {
  console.error('--count: a whole number from 1 on');
  process.exit(2);
}

const reader = await import(options.reader);
const families = [];
for (const file of ['bitcoin', 'evm', 'cosmos', 'tagged', 'keys']) {
  families.push(...(await import(`./families/${file}.mjs`)).families);
}
const unknown = (options.network ?? []).filter((name) => !families.some(({ network }) => network === name));
if (unknown.length > 0) {
  console.error(
    `--network: ${unknown.join(', ')}: there are ${families.map(({ network }) => network).join(', ')}`,
  );
  process.exit(2);
}
const chosen = families.filter(({ network }) => options.network?.includes(network) ?? true);

if (options.write !== undefined) {
  const places = {};
  for (const family of chosen) {
    await family.prepare?.();
    const made = await family.places(new SeededRandom(`${seed}/${family.network}`));
    places[family.network] = Object.fromEntries(
      made.filter(({ spellings }) => spellings.length > 0).map(({ name, spellings }) => [name, spellings]),
    );
  }
  writeFileSync(options.write, `${JSON.stringify({ seed, places }, null, 2)}\n`);
  process.exit(0);
}

const { dependencies } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
const results = [];
for (const [index, family] of chosen.entries()) {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${index + 1}/${chosen.length} ${family.network.padEnd(24)}`);
  else console.error(`${index + 1}/${chosen.length} ${family.network}`);
  await family.prepare?.();
  const result = await runFamily(family, new SeededRandom(`${seed}/${family.network}`), count, reader);
  const versions = family.libraries.map((name) => `${name} ${dependencies[name]}`);
  results.push({ ...result, versions, ...measureCost(family.network, result.texts, reader) });
}
if (process.stderr.isTTY) process.stderr.write('\r');

const isWrong = ({ faults, disagreements }) =>
  faults.length > 0 || disagreements.some(({ why }) => why === undefined);
const failed = results.filter(isWrong);
const report = results.map(({ texts, ...rest }) => ({ ...rest, addresses: texts.length }));
if (options.json)
  console.log(JSON.stringify({ seed, count, failed: failed.length, networks: report }, null, 2));
else console.log(tabulate(report, { seed, count }));
// Some of the libraries keep timers and workers that would keep the process alive.
process.exit(failed.length === 0 ? 0 : 1);
