import type { AuditedEntry, EntrySource } from '../../src/audit/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import { type AssessmentBody, encodeEntry, type JournalEntryBody } from '../../src/store/codec/entries.js';

export const T0 = Date.UTC(2024, 0, 10);
export const MINUTE = 60_000;

/** An input with nothing in it but a request. */
export function inputFor(accountId: string, now: number): AssessmentInput {
  return {
    now,
    request: {
      withdrawalId: 'w',
      withdrawal: 'digest-of-w',
      accountId,
      asset: 'BTC',
      amount: '1',
      destination: { id: 'd', suffix: 'last', network: 'bitcoin' },
    },
    account: { signals: [], loginFailures: [], mailboxes: [] },
    ledger: { spends: [], holds: [], releases: [] },
    mailboxes: [],
    cohorts: [],
    feeds: [],
    behind: false,
  };
}

export function bodyFor(accountId: string, facts: Partial<AssessmentBody> = {}): AssessmentBody {
  return {
    kind: 'assessment',
    requestDigest: 'digest',
    input: inputFor(accountId, T0),
    response: Buffer.from('answer'),
    decision: 'ALLOW',
    tier: 'small',
    policyNumber: 1,
    policyHash: 'hash',
    engineVersion: '1',
    inlineSignals: [],
    degradedAllow: false,
    ...facts,
  };
}

/** A log in memory: one entry a minute, the first at {@link T0}. Can forget its beginning, as retention does. */
export class RecordedLog implements EntrySource {
  readonly entries: AuditedEntry[] = [];
  reads = 0;
  firstPosition = 1;

  get head(): number {
    return this.entries.length;
  }

  get(position: number): AuditedEntry | undefined {
    this.reads++;
    return position < this.firstPosition ? undefined : this.entries[position - 1];
  }

  append(tenant: string, body: JournalEntryBody): AuditedEntry {
    const position = this.entries.length + 1;
    const stamp = { position, id: `id-${position}`, receivedAt: T0 + (position - 1) * MINUTE };
    const entry = { stamp, kind: body.kind, tenant, payload: encodeEntry(body) };
    this.entries.push(entry);
    return entry;
  }
}
