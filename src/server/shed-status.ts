import type { StatusObject } from '@grpc/grpc-js';
import type { ShedCause } from './admission.js';
import { errorStatus } from './error-status.js';
import { CallError } from './errors.js';

/** How long a client should wait before it tries a loaded server again, in milliseconds: twice the longest wait. */
const RETRY_AFTER_SHED_MS = 50;

/** Made once: these answers must cost as little as can be just when there are most of them. */
export const SHED_STATUS: Readonly<Record<ShedCause, StatusObject>> = {
  IN_FLIGHT_LIMIT: shedStatus('IN_FLIGHT_LIMIT'),
  SERVER_LAGGING: shedStatus('SERVER_LAGGING'),
};

function shedStatus(cause: ShedCause): StatusObject {
  return errorStatus(new CallError(cause, undefined, { retryAfterMs: RETRY_AFTER_SHED_MS }));
}
