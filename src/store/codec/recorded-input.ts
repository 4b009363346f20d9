import type { AssessmentInput } from '../../decision/input.js';
import { StoreError } from '../ports.js';
import { readInput } from './input-codec.js';
import type { RecordReader } from './record-reader.js';

/** Of `holdfast.store.v1.AssessmentEntry`: field 3, a message. */
const TAG_INPUT = 0x1a;

/**
 * Reads of a recorded assessment only what was decided on, and passes over the answer and the rest unread: two thirds of
 * its bytes. Leaves the reader where it is.
 *
 * @throws StoreError code `STATE_CORRUPT`, also when no input was recorded
 */
export function readRecordedInput(from: RecordReader): AssessmentInput {
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === TAG_INPUT) {
      from.enter();
      return readInput(from);
    }
    from.skip(tag);
  }
  throw new StoreError('STATE_CORRUPT', 'a recorded assessment has no input');
}
