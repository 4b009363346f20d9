import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { PolicyRefusedError } from '../../src/policy/index.js';
import { startService } from '../../src/service.js';
import { openLogStore } from '../../src/store/lmdb-log-store.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { configFor, stopServices, temporaryFolder } from './harness.js';

const logger = createLogger({ level: 'fatal' });

const parsed = vi.hoisted((): string[] => []);

vi.mock(import('yaml'), async (original) => {
  const yaml = await original();
  return {
    ...yaml,
    parseAllDocuments: ((text: string, options: object) => {
      parsed.push(text);
      return yaml.parseAllDocuments(text, options);
    }) as typeof yaml.parseAllDocuments,
  };
});

afterEach(async () => {
  parsed.length = 0;
  await stopServices();
});

/** Starts a service whose policy file is written anew after the start has checked it. */
async function startWhileChanging(folder: string, changed: string) {
  return startService(configFor(folder), {
    logger,
    stores: {
      openLog: (path) => {
        writeFileSync(join(folder, 'policy.yaml'), changed);
        return openLogStore(path, { onEvent: () => {} });
      },
    },
  });
}

test.each(['file', 'api'])(
  'a first start in %s mode parses the policy once',
  async (HOLDFAST_POLICY_MODE) => {
    const folder = temporaryFolder();
    const service = await startService(configFor(folder, { HOLDFAST_POLICY_MODE }), { logger });
    await service.stop('test');
    expect(parsed).toEqual([readFileSync(join(folder, 'policy.yaml'), 'utf8')]);
  },
);

test('what decides is the file as it is when it begins to, not as it was when it was checked', async () => {
  const folder = temporaryFolder();
  const before = readFileSync(join(folder, 'policy.yaml'), 'utf8');
  const changed = `# another one\n${before}`;
  const service = await startWhileChanging(folder, changed);
  const { latest } = service.stores.policies.standing;
  expect(service.stores.policies.revision(latest)?.body.text).toBe(changed);
  await service.stop('test');
  expect(parsed).toEqual([before, changed]);
});

test('a file that turned bad after it was checked is refused', async () => {
  const folder = temporaryFolder();
  await expect(startWhileChanging(folder, 'name: [')).rejects.toBeInstanceOf(PolicyRefusedError);
});
