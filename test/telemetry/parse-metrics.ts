const COMMENT = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
// Prometheus reads NaN in any case; the library writes Nan.
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (N[aA][nN]|[+-]Inf|[-+0-9.eE]+)$/;
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/**
 * Reads Prometheus' text format strictly: every sample belongs to a metric that was described before it.
 *
 * @returns value by name with labels
 * @throws on anything that is not the format
 */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = COMMENT.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      if (kind === 'TYPE') {
        if (types.has(name)) throw new Error(`${name} is described twice`);
        if (!TYPES.includes(rest)) throw new Error(`unknown type: ${line}`);
        types.set(name, rest);
      }
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (sample === null) throw new Error(`neither a comment nor a sample: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    if (!types.has(family)) throw new Error(`not described: ${line}`);
    if (types.get(family) === 'counter' && !name.endsWith('_total')) throw new Error(`not _total: ${line}`);
    if (samples.has(name + labels)) throw new Error(`twice: ${line}`);
    samples.set(name + labels, Number(value.replace('Inf', 'Infinity').replace('Nan', 'NaN')));
  }
  return samples;
}
