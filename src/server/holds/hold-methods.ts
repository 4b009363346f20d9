import { HoldService } from '../../gen/holdfast/v1/hold_service_pb.js';
import { type MethodImplementation, unary } from '../grpc-adapter.js';
import { confirmFraud } from './confirm-fraud.js';
import { getHold } from './get-hold.js';
import { listHolds } from './list-holds.js';
import type { HoldParts } from './parts.js';
import { releaseHold } from './release-hold.js';

/** The methods of the HoldService. */
export function holdMethods(parts: HoldParts): readonly MethodImplementation[] {
  const { method } = HoldService;
  return [
    unary(method.getHold, (request, context) => getHold(parts, request, context)),
    unary(method.listHolds, (request, context) => listHolds(parts, request, context), {
      readsAtLength: true,
    }),
    unary(method.releaseHold, (request, context) => releaseHold(parts, request, context)),
    unary(method.confirmFraud, (request, context) => confirmFraud(parts, request, context)),
  ];
}
