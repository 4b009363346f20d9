import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { parcelOf, type RawEntries, simulateHistory } from '../../../src/audit/simulation/index.js';
import { readPolicy } from '../../../src/policy/index.js';
import { HOUR, inputOf, NOW, signal, withSignals } from '../../decision/fixtures.js';
import { TEST_PSEUDONYMS } from '../../policy/list-pseudonyms.js';
import { SMALL_POLICY } from '../../policy/small-policy.js';
import { compileChild } from '../../store/child-program.js';
import { RecordedLog } from './recorded-log.js';

const SOURCES = ['src/audit', 'src/policy', 'src/decision', 'src/store', 'src/gen'];
const THREAD_FILE = pathToFileURL(compileChild('src/audit/simulation/replay-thread-entry.ts', SOURCES).path);
const NO_THREAD_FILE = new URL('./no-such-file.js', THREAD_FILE);

const WITH_CUSTOM_RULE = SMALL_POLICY.replace(
  'custom_rules:\n',
  `custom_rules:
  - code: EVERY_BITCOIN
    expression: request.asset == "BTC"
    points: 3
    on_error: 0
    summary: It is bitcoin.
`,
);

function parcel(text: string) {
  const result = readPolicy(text, { pseudonyms: TEST_PSEUDONYMS });
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return parcelOf(result.policy, text);
}

function run(log: RawEntries, file: URL) {
  const request = {
    before: parcel(SMALL_POLICY),
    candidate: parcel(WITH_CUSTOM_RULE),
    sweep: { tier: 'small', kind: 'hold' as const, thresholds: [200, 300] },
    filter: { tenant: 'default', sampleEvery: 1 },
    threads: 2,
    signal: new AbortController().signal,
  };
  return simulateHistory(log, request, file);
}

function logOf(count: number): RecordedLog {
  const log = new RecordedLog();
  for (let index = 0; index < count; index++) {
    const id = log.assess(
      NOW + index,
      withSignals(inputOf(), signal('PASSWORD_RESET', (index % 200) * HOUR)),
    );
    log.outcome(id, index % 7 === 0 ? 'FRAUD_CONFIRMED' : 'HONEST', NOW + index);
  }
  return log;
}

test('threads find what one alone finds, custom rules and sweeps included', async () => {
  const log = logOf(1300);
  const found = await run(log, THREAD_FILE);
  expect(found).toEqual(await run(log, NO_THREAD_FILE));
  expect(found.simulation.codes.get('EVERY_BITCOIN')).toMatchObject({ hitsBefore: 0, hitsAfter: 1300 });
});

test('an entry that cannot be read ends the simulation, not the process', async () => {
  const log = logOf(10);
  const damaged: RawEntries = {
    head: log.head,
    get: (position) => {
      const bytes = log.get(position);
      return position === 3 ? bytes?.with(bytes.length - 9, 255) : bytes;
    },
  };
  await expect(run(damaged, THREAD_FILE)).rejects.toThrow('log entry 3 is damaged');
});
