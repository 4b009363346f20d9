import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from './terminal.js';

/** @throws CommandError that names the file and why it cannot be read */
export function readInput(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * The file itself, or the YAML files of a folder in the order of their names.
 *
 * @throws CommandError that names the path and why it cannot be read
 */
export function yamlFilesAt(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CommandError {
  return new CommandError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
}
