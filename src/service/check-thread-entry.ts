import { parentPort, workerData } from 'node:worker_threads';
import { checkHere } from './check-here.js';
import type { CheckRequest } from './check-policy.js';

const { text, cases, isRecorded }: CheckRequest = workerData;

parentPort?.postMessage(await checkHere(text, cases, isRecorded));
