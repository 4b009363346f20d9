import { pathToFileURL } from 'node:url';
import { test } from 'vitest';
import { VerifierThread } from '../../src/feed/verifier-thread.js';
import { testServer } from '../nats/broker.js';
import { FeedCampaign } from '../nats/feed-campaign.js';
import { compileChild } from '../store/child-program.js';

const MESSAGES = Number(process.env['CAMPAIGN_MESSAGES'] ?? 200_000);

/** Another one each time, printed, so that a failure can be repeated. */
const SEED = Number(process.env['CAMPAIGN_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const SOURCES = ['src/feed', 'src/identity', 'src/decision', 'src/store', 'src/journal', 'src/gen'];
const compiled = compileChild('src/feed/verifier-thread-entry.ts', SOURCES);

test(`${MESSAGES} messages, CAMPAIGN_SEED=${SEED}`, async () => {
  const server = await testServer();
  if (server === undefined) throw new Error('this campaign needs a nats-server');
  console.log(`nats-server ${server.version}, CAMPAIGN_SEED=${SEED}`);
  const campaign = new FeedCampaign({
    server,
    messages: MESSAGES,
    seed: SEED,
    verifier: (settings) => new VerifierThread(settings, pathToFileURL(compiled.path)),
    progress: (line) => console.log(`  ${line}`),
  });
  await campaign.run();
});
