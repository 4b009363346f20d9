import type { QuarantinedMessage, QuarantineStore } from './quarantine.js';
import { REFUSAL_REASONS } from './refusal.js';
import { parseObject } from './token.js';

/** Rows read at a time. */
const PAGE = 200;

/** All readable messages of a table, newest first. */
export function* readAll(store: QuarantineStore): Generator<QuarantinedMessage> {
  let before: string | undefined;
  for (;;) {
    const page = [...store.list(PAGE, before)];
    for (const { key, value } of page) {
      before = key;
      const message = decodeQuarantined(key, value);
      if (message !== undefined) yield message;
    }
    if (page.length < PAGE) return;
  }
}

export function encodeQuarantined({ id: _, ...rest }: QuarantinedMessage): Uint8Array {
  return Buffer.from(JSON.stringify(rest), 'utf8');
}

/** Undefined if unreadable, or of a reason that only a newer version knows. */
export function decodeQuarantined(id: string, bytes: Uint8Array): QuarantinedMessage | undefined {
  const stored = parseObject(Buffer.from(bytes).toString('utf8'));
  const reason = REFUSAL_REASONS.find((known) => known === stored?.['reason']);
  if (stored === undefined || reason === undefined) return undefined;
  return {
    id,
    reason,
    provider: text(stored['provider']),
    detail: text(stored['detail']),
    created: text(stored['created']),
    digest: text(stored['digest']),
    refusedAt: count(stored['refusedAt']),
    sequence: count(stored['sequence']),
    sizeBytes: count(stored['sizeBytes']),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
