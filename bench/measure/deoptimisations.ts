/** A line of V8's `--trace-deopt`: code of this function was thrown away, since it met what it was not made for. */
const THROWN_AWAY = /^\[bailout .*<JSFunction ([^>]+)>/;

/** How often V8 threw optimised code of one function away. */
export interface Deoptimised {
  /** As V8 names it; empty if nothing was thrown away. */
  readonly name: string;
  readonly times: number;
}

/**
 * The function whose code was thrown away most often. A few times are usual, until V8 has seen what there is to see; a
 * function of hundreds is compiled and thrown away without end.
 *
 * @param trace what a process with `--trace-deopt` wrote
 */
export function mostDeoptimised(trace: string): Deoptimised {
  const times = new Map<string, number>();
  let most: Deoptimised = { name: '', times: 0 };
  for (const line of trace.split('\n')) {
    const name = THROWN_AWAY.exec(line)?.[1];
    if (name === undefined) continue;
    const count = (times.get(name) ?? 0) + 1;
    times.set(name, count);
    if (count > most.times) most = { name, times: count };
  }
  return most;
}
