import type { PolicyBody } from '../../audit/policy-history.js';
import type { Appended } from '../../journal/index.js';
import { record } from '../risk/record.js';
import type { PolicyParts } from './parts.js';

/** Policies are shared by all tenants. */
const SHARED = '';

/**
 * Writes a change of policies to the log; it takes effect in the same tick, at one position.
 *
 * @throws JournalError code `AUDIT_UNAVAILABLE`; nothing has then changed
 */
export function recordChange(
  { journal, view, history }: Pick<PolicyParts, 'journal' | 'view' | 'history'>,
  body: PolicyBody,
): Appended {
  const appended = record(journal, view, SHARED, body.kind, () => body);
  history.applyBody(appended.stamp, body);
  return appended;
}
