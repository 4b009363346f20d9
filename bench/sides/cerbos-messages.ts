import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Facts a rule may look at. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** A question to Cerbos: may this principal do this to that? */
export interface CerbosQuestion {
  readonly requestId: string;
  readonly principalId: string;
  readonly role: string;
  readonly principalFacts: Facts;
  readonly kind: string;
  readonly resourceId: string;
  readonly resourceFacts: Facts;
  readonly action: string;
}

// Field numbers of cerbos.request.v1.CheckResourcesRequest and of what is in it, from Cerbos's published API.
const REQUEST_ID = 1;
const REQUEST_PRINCIPAL = 3;
const REQUEST_RESOURCES = 4;
const ENTRY_ACTIONS = 1;
const ENTRY_RESOURCE = 2;
const PRINCIPAL_ID = 1;
const PRINCIPAL_ROLES = 3;
const RESOURCE_KIND = 1;
const RESOURCE_ID = 3;
const ATTRIBUTES = 4;
// google.protobuf.Value.
const VALUE_NUMBER = 2;
const VALUE_STRING = 3;
const VALUE_BOOL = 4;

/** Serializes a `CheckResourcesRequest` with one resource and one action. */
export function checkResourcesRequest(question: CerbosQuestion): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(REQUEST_ID, WireType.LengthDelimited).string(question.requestId);
  writer.tag(REQUEST_PRINCIPAL, WireType.LengthDelimited).fork();
  writer.tag(PRINCIPAL_ID, WireType.LengthDelimited).string(question.principalId);
  writer.tag(PRINCIPAL_ROLES, WireType.LengthDelimited).string(question.role);
  writeFacts(writer, question.principalFacts);
  writer.join();
  writer.tag(REQUEST_RESOURCES, WireType.LengthDelimited).fork();
  writer.tag(ENTRY_ACTIONS, WireType.LengthDelimited).string(question.action);
  writer.tag(ENTRY_RESOURCE, WireType.LengthDelimited).fork();
  writer.tag(RESOURCE_KIND, WireType.LengthDelimited).string(question.kind);
  writer.tag(RESOURCE_ID, WireType.LengthDelimited).string(question.resourceId);
  writeFacts(writer, question.resourceFacts);
  writer.join().join();
  return writer.finish();
}

function writeFacts(writer: BinaryWriter, facts: Facts): void {
  for (const [name, fact] of Object.entries(facts)) {
    writer.tag(ATTRIBUTES, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.LengthDelimited).fork();
    if (typeof fact === 'number') writer.tag(VALUE_NUMBER, WireType.Bit64).double(fact);
    else if (typeof fact === 'string') writer.tag(VALUE_STRING, WireType.LengthDelimited).string(fact);
    else writer.tag(VALUE_BOOL, WireType.Varint).bool(fact);
    writer.join().join();
  }
}

const RESPONSE_RESULTS = 2;
const RESULT_ACTIONS = 2;
const MAP_VALUE = 2;
const EFFECT_ALLOW = 1;

/** Whether the one action of a `CheckResourcesResponse` is allowed. */
export function isAllowed(response: Uint8Array): boolean {
  const result = lastField(response, RESPONSE_RESULTS);
  const action = result === undefined ? undefined : lastField(result, RESULT_ACTIONS);
  if (action === undefined) return false;
  const reader = new BinaryReader(action);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === MAP_VALUE && wireType === WireType.Varint) return reader.int32() === EFFECT_ALLOW;
    reader.skip(wireType, field);
  }
  return false;
}

function lastField(message: Uint8Array, wanted: number): Uint8Array | undefined {
  const reader = new BinaryReader(message);
  let found: Uint8Array | undefined;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === wanted && wireType === WireType.LengthDelimited) found = reader.bytes();
    else reader.skip(wireType, field);
  }
  return found;
}
