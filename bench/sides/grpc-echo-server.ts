/**
 * A bare grpc-js and protobuf-es server: decodes the request, answers with one canned message. Run as a child; its only
 * argument is the canned message in base64. With `--canned-bytes` after it, the message is encoded once, not per call.
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  type AssessWithdrawalResponse,
  AssessWithdrawalResponseSchema,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';

const [cannedBase64 = '', flag] = process.argv.slice(2);
const canned = fromBinary(AssessWithdrawalResponseSchema, Buffer.from(cannedBase64, 'base64'));

function encode(message: AssessWithdrawalResponse): Buffer {
  const bytes = toBinary(AssessWithdrawalResponseSchema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const cannedBytes = encode(canned);
const server = new Server({ 'grpc.max_concurrent_streams': 200 });
server.addService(
  {
    assess: {
      path: `/${RiskService.typeName}/${RiskService.method.assessWithdrawal.name}`,
      requestStream: false,
      responseStream: false,
      requestDeserialize: (bytes: Buffer) => fromBinary(AssessWithdrawalRequestSchema, bytes),
      responseSerialize: flag === '--canned-bytes' ? () => cannedBytes : encode,
      requestSerialize: (message: AssessWithdrawalRequest) =>
        Buffer.from(toBinary(AssessWithdrawalRequestSchema, message)),
      responseDeserialize: (bytes: Buffer) => fromBinary(AssessWithdrawalResponseSchema, bytes),
    },
  },
  {
    assess: (_call: unknown, send: sendUnaryData<AssessWithdrawalResponse>) => send(null, canned),
  },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`listening ${port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
