import { LRUCache } from 'lru-cache';
import type { PolicyChange, PolicyHistory } from '../../audit/policy-history.js';
import { describeDifferences, formatDifference } from '../../policy/diff/index.js';
import type { PolicyDocument, PolicyResult } from '../../policy/index.js';

/** Documents read lately, by the hash of their text: a log of changes names the same few again and again. */
const documents = new LRUCache<string, PolicyDocument>({ max: 32 });

interface DocumentParts {
  readonly history: PolicyHistory;
  readonly read: (text: string) => PolicyResult;
}

/**
 * What a change did to the rules, in words: one line for each thing that differs from the revision that was live before,
 * or that a new one was made from. Nothing for shadows, which change no rules, and for what cannot be compared because
 * this version no longer reads one of the two.
 */
export async function changeDifferences(
  parts: DocumentParts,
  { kind, number, previous }: PolicyChange,
): Promise<readonly string[]> {
  if (kind === 'shadow-started' || kind === 'shadow-stopped') return [];
  const before = await documentOf(parts, previous);
  const after = await documentOf(parts, number);
  if (before === undefined || after === undefined) return [];
  return describeDifferences(before, after).map(formatDifference);
}

/** Reading a policy takes tens of milliseconds, so answers get their turn before each. */
async function documentOf(
  { history, read }: DocumentParts,
  number: number,
): Promise<PolicyDocument | undefined> {
  const kept = history.revision(number);
  if (kept === undefined) return undefined;
  const known = documents.get(kept.body.hash);
  if (known !== undefined) return known;
  await new Promise<void>((resolve) => setImmediate(resolve));
  const result = read(kept.body.text);
  if (result.kind === 'invalid') return undefined;
  documents.set(kept.body.hash, result.document);
  return result.document;
}
