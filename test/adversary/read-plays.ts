import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapeCheck } from '../../src/policy/schema/check-shape.js';
import { readYaml } from '../../src/policy/text/yaml-source.js';
import type { PlayDocument, PlayFileDocument } from './play-document.js';
import { PLAY_SCHEMA } from './play-schema.js';

const checkPlayShape = shapeCheck<PlayFileDocument>(PLAY_SCHEMA);

/** @throws Error naming every problem with its line */
export function readPlayFile(text: string, file: string): readonly PlayDocument[] {
  const yaml = readYaml(text);
  const shape = yaml.kind === 'parsed' ? checkPlayShape(yaml.source) : yaml;
  if (shape.kind === 'invalid') {
    throw new Error(shape.problems.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n'));
  }
  const { account, plays } = shape.document;
  return plays.map((play) => ({ ...play, account: { ...account, ...play.account } }));
}

/**
 * Reads all plays of a folder, sorted by file.
 *
 * @throws Error when a file is not one of plays, or a name comes twice
 */
export function readPlays(folder: string): readonly PlayDocument[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const plays = files.sort().flatMap((file) => readPlayFile(readFileSync(join(folder, file), 'utf8'), file));
  const names = new Set<string>();
  for (const { name } of plays) {
    if (names.has(name)) throw new Error(`the play \`${name}\` comes twice`);
    names.add(name);
  }
  return plays;
}
