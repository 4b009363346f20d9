import type { UnixMs } from '../../decision/vocabulary.js';
import { readDuration, readTime } from '../text/quantities.js';
import type { TimeText } from './case-document.js';

/**
 * Reads a case's time.
 *
 * @param now what relative times count from
 * @throws RangeError for a text that the schema of cases would have refused, or a date that does not exist
 */
export function caseTime(text: TimeText, now: UnixMs): UnixMs {
  if (text === 'now') return now;
  if (text.startsWith('-') || text.startsWith('+')) {
    const distance = readDuration(text.slice(1));
    if (distance !== undefined) return text.startsWith('-') ? now - distance : now + distance;
  }
  const absolute = readTime(text);
  if (absolute === undefined) throw new RangeError(`\`${text}\` is not a time`);
  return absolute;
}
