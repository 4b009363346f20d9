import { parentPort } from 'node:worker_threads';
import type { ThreadRequest } from '../../src/feed/verifier-thread.js';

// A verifying thread that one message kills.
parentPort?.on('message', (request: ThreadRequest) => {
  if (request.kind !== 'batch') return;
  const texts = request.messages.map(({ bytes }) => Buffer.from(bytes).toString());
  if (texts.includes('deadly')) process.exit(1);
  parentPort?.postMessage(texts.map(() => ({ kind: 'refused', reason: 'MALFORMED', detail: '' })));
});
