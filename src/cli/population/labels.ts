import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ATTACK_STYLES, type AttackStyle } from '../../population/index.js';

/** Marks a data folder as made up, and holds the truth about it. */
export const LABELS_FILE = 'synthetic.json';

/** One withdrawal that a thief asked for. */
export interface Theft {
  readonly assessmentId: string;
  /** Thefts of one account share it. */
  readonly takeover: number;
  readonly style: AttackStyle;
}

export interface SyntheticLabels {
  readonly synthetic: true;
  readonly seed: number;
  readonly thefts: readonly Theft[];
}

/** Whether the data in a folder are made up: then everything said of them must say so. */
export function isSynthetic(dataDir: string): boolean {
  return existsSync(join(dataDir, LABELS_FILE));
}

/** The truth about a synthetic history; undefined for a real one. */
export function readLabels(dataDir: string): SyntheticLabels | undefined {
  if (!isSynthetic(dataDir)) return undefined;
  const parsed: unknown = JSON.parse(readFileSync(join(dataDir, LABELS_FILE), 'utf8'));
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  if (!('seed' in parsed) || !('thefts' in parsed) || !Array.isArray(parsed.thefts)) return undefined;
  return { synthetic: true, seed: Number(parsed.seed), thefts: parsed.thefts.flatMap(asTheft) };
}

function asTheft(value: unknown): Theft[] {
  if (typeof value !== 'object' || value === null) return [];
  if (!('assessmentId' in value) || !('takeover' in value) || !('style' in value)) return [];
  const style = ATTACK_STYLES.find((known) => known === value.style);
  if (style === undefined || typeof value.assessmentId !== 'string') return [];
  return [{ assessmentId: value.assessmentId, takeover: Number(value.takeover), style }];
}
