import { parentPort, workerData } from 'node:worker_threads';
import { type CheckRequest, checkHere } from './check-policy.js';

const { text, cases }: CheckRequest = workerData;

parentPort?.postMessage(await checkHere(text, cases));
