import { toBinary } from '@bufbuild/protobuf';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import type { Signal } from '../../gen/holdfast/v1/signal_pb.js';
import { ReusedBytes } from '../../store/codec/reused-bytes.js';
import { usualContent } from './usual-content.js';

/** For one content at a time: it is a text before the next is encoded. */
const memory = new ReusedBytes();

/**
 * The content by which two requests with one `request_id` are the same: everything but `request_id` and
 * `at_least_as_fresh`, in one fixed form whatever form it was sent in. Holds clear identifiers: digest it with a key.
 *
 * @param amount the message's amount in the one form that its value has
 */
export function requestContent(message: AssessWithdrawalRequest, amount = message.amount): string {
  memory.release();
  const bytes = usualContent(message, memory, amount) ?? generatedContent(message, amount);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function generatedContent(message: AssessWithdrawalRequest, amount: string): Uint8Array {
  return toBinary(AssessWithdrawalRequestSchema, {
    ...message,
    requestId: '',
    atLeastAsFresh: '',
    amount,
    signals: message.signals.map(inFixedOrder),
  });
}

/** Map entries may come in any order; here they come by key. */
function inFixedOrder(signal: Signal): Signal {
  const keys = Object.keys(signal.attributes);
  if (keys.length < 2) return signal;
  return {
    ...signal,
    attributes: Object.fromEntries(keys.sort().map((key) => [key, signal.attributes[key] ?? ''])),
  };
}
