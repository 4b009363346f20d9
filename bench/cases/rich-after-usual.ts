import { fileURLToPath } from 'node:url';
import { runChild } from '../load/child-process.js';
import { type Deoptimised, mostDeoptimised } from '../measure/deoptimisations.js';

/** Begins the line of what was found: V8 writes its trace to the same output. */
export const FOUND_MARKER = 'found: ';

/** Processor time of deciding a typical case, in microseconds, before and after evidence of the richest kind. */
export interface RichAfterUsual {
  readonly before: number;
  readonly after: number;
}

/** What rich evidence leaves behind in a process that knew only usual one. */
export interface LeftBehind extends RichAfterUsual {
  readonly mostDeoptimised: Deoptimised;
}

/** Measured in a process of its own: what V8 has seen before decides what it does. */
export async function richAfterUsual(): Promise<LeftBehind> {
  const script = fileURLToPath(new URL('./rich-after-usual-main.js', import.meta.url));
  const output = await runChild(process.execPath, ['--trace-deopt', script]);
  const line = output.split('\n').find((each) => each.startsWith(FOUND_MARKER));
  if (line === undefined) throw new Error(`${script} found nothing:\n${output.slice(-1_000)}`);
  const found: RichAfterUsual = JSON.parse(line.slice(FOUND_MARKER.length));
  return { ...found, mostDeoptimised: mostDeoptimised(output) };
}
