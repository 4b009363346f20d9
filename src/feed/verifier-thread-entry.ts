import { parentPort, workerData } from 'node:worker_threads';
import { verifyAll } from './verifier.js';
import type { ThreadRequest } from './verifier-thread.js';
import { TokenVerifier, type VerifierSettings } from './verify.js';

const settings: VerifierSettings = workerData;
let verifier = new TokenVerifier(settings);
/** Batches are answered in the order they came. */
let line = Promise.resolve();

parentPort?.on('message', (request: ThreadRequest) => {
  switch (request.kind) {
    case 'settings':
      verifier = new TokenVerifier(request.settings);
      break;
    case 'batch': {
      const current = verifier;
      line = line.then(async () => {
        parentPort?.postMessage(await verifyAll(current, request.messages, request.now));
      });
      break;
    }
    default: {
      const unhandled: never = request;
      throw new Error(`unhandled request ${String(unhandled)}`);
    }
  }
});
