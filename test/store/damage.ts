import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Flips a bit in every copy of `text` in a folder's data file, as a failing disk does; old copies do not matter. */
export function flipBitIn(folder: string, text: string): void {
  const path = join(folder, 'data.mdb');
  const data = readFileSync(path);
  let at = data.indexOf(text);
  if (at < 0) throw new Error(`no ${text} in the file`);
  for (; at >= 0; at = data.indexOf(text, at + 1)) data[at] = (data[at] ?? 0) ^ 1;
  writeFileSync(path, data);
}
