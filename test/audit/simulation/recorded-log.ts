import type { RawEntries } from '../../../src/audit/simulation/index.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import { assessmentId } from '../../../src/journal/index.js';
import { type AssessmentBody, encodeEntry, type JournalEntryBody } from '../../../src/store/codec/entries.js';
import { encodeLogEntry } from '../../../src/store/log-entry.js';

/** A log that is written line by line. */
export class RecordedLog implements RawEntries {
  readonly #bytes: Uint8Array[] = [];

  get head(): number {
    return this.#bytes.length;
  }

  get(position: number): Uint8Array | undefined {
    return this.#bytes[position - 1];
  }

  write(tenant: string, at: number, body: JournalEntryBody): string {
    const position = this.head + 1;
    const id = assessmentId(at, position, position);
    const payload = encodeEntry(body);
    this.#bytes.push(encodeLogEntry({ kind: body.kind, id, tenant, receivedAt: at, payload }));
    return id;
  }

  assess(
    at: number,
    input: AssessmentInput,
    tenant = 'default',
    answer: Partial<AssessmentBody> = {},
  ): string {
    return this.write(tenant, at, {
      kind: 'assessment',
      requestDigest: '',
      input,
      response: new Uint8Array(),
      decision: 'ALLOW',
      tier: '',
      policyNumber: 1,
      policyHash: '',
      engineVersion: '1',
      inlineSignals: [],
      degradedAllow: false,
      ...answer,
    });
  }

  outcome(id: string, label: string, observedAt: number, tenant = 'default'): void {
    this.write(tenant, observedAt, {
      kind: 'outcome',
      assessmentId: id,
      label,
      reportedBy: 'desk',
      observedAt,
    });
  }
}
