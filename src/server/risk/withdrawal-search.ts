import { findAssessments, MAX_SCANNED_ENTRIES, type RecordedAssessment } from '../../audit/index.js';
import { CallError } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import type { RiskParts } from './parts.js';

/**
 * Finds the latest assessments of withdrawals. All of one request together walk over as many entries as one page of a list
 * may: a batch of names that nobody knows costs no more than that.
 */
export class WithdrawalSearch {
  #left = MAX_SCANNED_ENTRIES;

  constructor(
    private readonly parts: Pick<RiskParts, 'journal' | 'view'>,
    private readonly context: CallContext,
  ) {}

  /**
   * @param accountId empty: of any account
   * @returns undefined if there is none, or none that is found with what is left to walk
   * @throws CallError DEADLINE_EXCEEDED when the caller has gone
   */
  async latest(withdrawalId: string, accountId: string): Promise<RecordedAssessment | undefined> {
    if (this.#left <= 0) return undefined;
    const { journal, view } = this.parts;
    const page = await findAssessments(journal, view, {
      tenant: this.context.tenant,
      filter: { withdrawalId, ...(accountId === '' ? {} : { accountId }) },
      pageSize: 1,
      stopWhenFull: true,
      maxScanned: this.#left,
      cancelled: () => this.context.cancelled(),
    });
    if (page.kind !== 'page') throw new CallError('DEADLINE_PASSED');
    this.#left -= page.scannedCount;
    return page.assessments[0];
  }
}
