import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Where a thread spent its time, without what it called. */
export interface HotFrame {
  /** `function file:line` */
  readonly frame: string;
  /** Of the samples that were not idle, 0 to 1. */
  readonly part: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const IDLE = '(idle)';

/** The frames of a `.cpuprofile` with most time of their own, most first. */
export function hottestFrames(file: string, count: number): readonly HotFrame[] {
  const profile: Profile = JSON.parse(readFileSync(file, 'utf8'));
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]));
  const microsByFrame = new Map<string, number>();
  let total = 0;
  for (const [at, id] of profile.samples.entries()) {
    const frame = names.get(id) ?? '?';
    if (frame === IDLE) continue;
    const micros = profile.timeDeltas[at] ?? 0;
    microsByFrame.set(frame, (microsByFrame.get(frame) ?? 0) + micros);
    total += micros;
  }
  return [...microsByFrame]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([frame, micros]) => ({ frame, part: micros / total }));
}

function nameOf({ callFrame }: ProfileNode): string {
  const name = callFrame.functionName === '' ? '(anonymous)' : callFrame.functionName;
  return callFrame.url === '' ? name : `${name} ${basename(callFrame.url)}:${callFrame.lineNumber + 1}`;
}
