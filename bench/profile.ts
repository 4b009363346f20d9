import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withState } from './fixtures/state.js';
import { usualWithdrawalFrame } from './fixtures/withdrawals.js';
import { saturate } from './load/saturate.js';
import { hottestFrames } from './measure/cpu-profile.js';
import { CACHE_FOLDER } from './paths.js';
import { startHoldfast } from './sides/holdfast.js';

const ACCOUNTS = 10_000;
const BODIES = 4;
const SECONDS = 10;
const FRAMES = 40;
const STREAMS_PER_CONNECTION = 16;

/** Loads the service like the `floor` case, with fewer accounts and fewer calls at once, and prints where its serving thread spends its time. */
export async function profileHotPath(progress: (line: string) => void): Promise<string> {
  const folder = join(CACHE_FOLDER, 'profiles');
  const file = 'hot-path.cpuprofile';
  mkdirSync(folder, { recursive: true });
  await withState(ACCOUNTS, progress, async (dataFolder) => {
    const frames = Array.from({ length: BODIES }, (_, index) =>
      usualWithdrawalFrame(index, { withdrawalId: `profile-${index}`, requestId: '' }, Date.now()),
    );
    const service = await startHoldfast({
      name: 'profiled',
      dataFolder,
      audit: 'durable',
      frames,
      nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${file}`],
    });
    try {
      const slot = await saturate(service, {
        seconds: SECONDS,
        streamsPerConnection: STREAMS_PER_CONNECTION,
      });
      progress(
        `${Math.round(slot.callsPerSecond)} calls/s, ${slot.cpuMicrosPerCall.toFixed(1)} µs CPU a call`,
      );
    } finally {
      await service.stop();
    }
  });
  const lines = hottestFrames(join(folder, file), FRAMES).map(
    ({ frame, part }) => `${(part * 100).toFixed(1).padStart(5)} %  ${frame}`,
  );
  return ['Self time of the serving thread at full load, idle left out:', ...lines].join('\n');
}
