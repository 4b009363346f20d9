import type { EvidenceView } from '../../evidence/index.js';
import type { Appended, EntryStamp, JournalPort } from '../../journal/index.js';
import { encodeEntry, type JournalEntryBody } from '../../store/codec/entries.js';

/**
 * Writes one entry and lets it take effect in the same tick, so that evidence is never behind the log.
 *
 * @param bodyFor called once, with the entry's place, id and time
 * @param unhurried nobody waits for the entry to be on disk
 * @throws JournalError code `AUDIT_UNAVAILABLE`; nothing has then taken effect
 */
export function record(
  journal: JournalPort,
  view: EvidenceView,
  tenant: string,
  kind: JournalEntryBody['kind'],
  bodyFor: (stamp: EntryStamp) => JournalEntryBody,
  unhurried = false,
): Appended {
  let body: JournalEntryBody | undefined;
  const appended = journal.append({
    kind,
    tenant,
    unhurried,
    payload: (stamp, place) => {
      body = bodyFor(stamp);
      return encodeEntry(body, place);
    },
  });
  if (body !== undefined) view.applyBody(appended.stamp, tenant, body);
  return appended;
}
