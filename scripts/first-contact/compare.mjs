// What differs from run to run and is no promise of a page.
const VARYING = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, '<time>'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>'],
  [/\b[0-9a-f]{64}\b/g, '<hash>'],
  [/\b\d+(?:\.\d+)? s\b/g, '<duration>'],
  [/on \d+ threads?/g, 'on <n> threads'],
  [/"p1\.\d+"/g, '"<place in the log>"'],
];

/** A line as it is compared. */
export function masked(line) {
  return VARYING.reduce((text, [pattern, name]) => text.replace(pattern, name), line.trimEnd());
}

/**
 * The first line of a page that was not printed; undefined if all were, in the page's order. A line `...` stands for any number;
 * lines between two of these must stand together. Empty lines at the ends are nothing.
 */
export function firstMissing(shown, printed) {
  const lines = printed.trim().split('\n').map(masked);
  const parts = partsOf(shown.trim().split('\n').map(masked));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? 0 : placeOf(part, lines, at);
    const differing = part.find((line, offset) => lines[found + offset] !== line);
    if (differing !== undefined) return differing;
    at = found + part.length;
  }
  const isOpen = parts.at(-1)?.length === 0;
  return isOpen || at === lines.length ? undefined : `(nothing more; printed was: ${lines[at]})`;
}

/** What stands between lines of `...`. */
function partsOf(lines) {
  const parts = [[]];
  for (const line of lines) {
    if (line.trim() === '...') parts.push([]);
    else parts.at(-1).push(line);
  }
  return parts;
}

/** Where all lines of a part stand together; where the first of them stands, if they do nowhere. */
function placeOf(part, lines, from) {
  for (let at = from; at + part.length <= lines.length; at += 1) {
    if (part.every((line, offset) => lines[at + offset] === line)) return at;
  }
  return Math.max(from, lines.indexOf(part[0], from));
}
