import type { AssessmentInput } from '../../decision/input.js';
import type { Decision } from '../../decision/vocabulary.js';
import { StoreError } from '../ports.js';
import { readInput } from './input-codec.js';
import type { RecordReader } from './record-reader.js';
import { decision } from './words.js';

// Of `holdfast.store.v1.AssessmentEntry`, whose fields are written in the order of their numbers.
const TAG_INPUT = 0x1a;
const TAG_DECISION = 0x2a;
const TAG_TIER = 0x32;

/**
 * Reads of a recorded assessment only what was decided on, and passes over the answer and the rest unread: two thirds of
 * its bytes. Leaves the reader behind it.
 *
 * @throws StoreError code `STATE_CORRUPT`, also when no input was recorded
 */
export function readRecordedInput(from: RecordReader): AssessmentInput {
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === TAG_INPUT) {
      const outer = from.enter();
      const input = readInput(from);
      from.leave(outer);
      return input;
    }
    from.skip(tag);
  }
  throw new StoreError('STATE_CORRUPT', 'a recorded assessment has no input');
}

/**
 * What was decided then. To be asked of a reader that {@link readRecordedInput} has left.
 *
 * @throws StoreError code `STATE_CORRUPT`
 */
export function readRecordedAnswer(from: RecordReader): { decision: Decision; tier: string } {
  const answer = { decision: decision(''), tier: '' };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === TAG_DECISION) answer.decision = decision(from.text());
    else if (tag === TAG_TIER) answer.tier = from.text();
    else from.skip(tag);
  }
  return answer;
}
