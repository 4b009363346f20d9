/** What needs no quotes to be read as the text that it is. */
const PLAIN = /^[A-Za-z0-9_.:+-]+$/;

/**
 * A value as an author would write it on one line, the same for the same meaning: the order of keys does not matter.
 *
 * @returns undefined for what is not there
 */
export function written(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' && value !== null ? inFlow(value) : String(value);
}

function inFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inFlow).join(', ')}]`;
  if (typeof value === 'string') return PLAIN.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${key}: ${inFlow(member)}`);
  return `{ ${members.join(', ')} }`;
}
