import { writeFileSync } from 'node:fs';
import { toBinary } from '@bufbuild/protobuf';
import { AssessWithdrawalRequestSchema } from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { usualWithdrawal } from '../../fixtures/withdrawals.js';
import { grpcFrame } from '../grpc-frame.js';

/** Sixteen digits that the generator replaces, so that every request has an id of its own. */
const ID_PLACE = '0000000000000000';

/** One in ten withdrawals of the overload is this large; the others are worth 260. */
const LARGE_VALUE = 250_000;

/** Prime, so that neighbours in the file are no neighbours in the store. */
const STRIDE = 7_919;

/** Writes withdrawals of so many accounts in the form that `open-loop.c` reads. */
export function writeFrameFile(file: string, accounts: number, count: number): void {
  const nowMs = Date.now();
  const parts: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const isLarge = index % 10 === 9;
    const names = { withdrawalId: `overload-${index}`, requestId: ID_PLACE };
    const request = usualWithdrawal((index * STRIDE) % accounts, names, nowMs);
    if (isLarge) request.referenceValue = LARGE_VALUE;
    const frame = grpcFrame(toBinary(AssessWithdrawalRequestSchema, request));
    const head = Buffer.alloc(12);
    head.writeUInt32BE(frame.length, 0);
    head.writeUInt32BE(frame.indexOf(ID_PLACE), 4);
    head.writeUInt32BE(isLarge ? 1 : 0, 8);
    parts.push(head, frame);
  }
  writeFileSync(file, Buffer.concat(parts));
}
