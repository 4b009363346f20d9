import { setFlagsFromString } from 'node:v8';

/**
 * How much the heap may grow over what was alive at the last long collection before the next one, in hundredths of it.
 *
 * A long collection holds calls up for 40 to 80 ms on a machine of two cores. The heap of a service that answers is about
 * 35 MB, so this is 140 MB at most before the next one. What V8 takes by itself comes to half of that, as its traces
 * show (next collection at 80 MB); `bench/results/reference/earlier-hosts.md` has what was measured with each.
 */
const HEAP_GROWTH_PERCENT = 400;

/**
 * Sets up the garbage collector for a process that answers: memory for fewer pauses. To be called at the start; V8 reads
 * it anew at the end of each long collection.
 */
export function preferShortPauses(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}
