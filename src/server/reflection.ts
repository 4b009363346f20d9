import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { file_google_rpc_error_details } from '../gen/google/rpc/error_details_pb.js';
import { file_google_rpc_status } from '../gen/google/rpc/status_pb.js';
import { Health as HealthService } from '../gen/grpc/health/v1/health_pb.js';

/** No method has them in its types, but every error has: with these a client reads `grpc-status-details-bin`. */
const ERROR_FILES = [file_google_rpc_status, file_google_rpc_error_details];

/** As proto-loader makes it. */
type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/** Lets clients ask for the contract: `grpc.reflection.v1` and `v1alpha`. */
export function addReflection(server: Server, services: readonly DescService[]): void {
  new ReflectionService(packageDefinition(services)).addToServer(server);
}

/**
 * The services' files, and the health protocol's, in the shape that proto-loader would give, which is what the library reads.
 * The health library's own description is none that strict clients take: its type names are relative.
 */
function packageDefinition(services: readonly DescService[]): PackageDefinition {
  const definition: PackageDefinition = {};
  for (const file of withDependencies([
    ...[...services, HealthService].map((service) => service.file),
    ...ERROR_FILES,
  ])) {
    // Any key does: only the bytes are read.
    definition[file.name] = {
      format: 'Protocol Buffer 3 DescriptorProto',
      type: {},
      fileDescriptorProtos: [Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto))],
    };
  }
  return definition;
}

/** Each file once, after the files it imports. */
function withDependencies(files: readonly DescFile[]): Set<DescFile> {
  const ordered = new Set<DescFile>();
  function visit(file: DescFile): void {
    if (ordered.has(file)) return;
    for (const dependency of file.dependencies) visit(dependency);
    ordered.add(file);
  }
  for (const file of files) visit(file);
  return ordered;
}
