import { parentPort, workerData } from 'node:worker_threads';
import { Replayer, type ReplayTask } from './replay-task.js';
import type { ReplayAnswer, ReplayRequest } from './replay-thread.js';

const task: ReplayTask = workerData;
const replayer = new Replayer(task);

function answer(message: ReplayAnswer): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (request: ReplayRequest) => {
  switch (request.kind) {
    case 'slice':
      replayer.add(request.slice);
      answer({ kind: 'replayed' });
      break;
    case 'finish':
      answer({ kind: 'findings', findings: replayer.findings });
      parentPort?.close();
      break;
    default: {
      const unhandled: never = request;
      throw new Error(`unhandled request ${String(unhandled)}`);
    }
  }
});
