import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { StatusObject } from '@grpc/grpc-js';
import { errorStatus } from './error-status.js';
import { CallError, type FieldViolation } from './errors.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Finds where a message that cannot be decoded goes wrong, for whoever has to mend the client. Never quotes what stands
 * there. Costs about as much as decoding; asked only once that has failed.
 *
 * @param maxNesting deeper messages are not looked into
 * @returns undefined where no single place can be named
 */
export function malformedPlace(
  schema: DescMessage,
  bytes: Uint8Array,
  maxNesting: number,
): FieldViolation | undefined {
  return placeIn(schema, bytes, '', maxNesting);
}

/** The status for a request that is no message of its method. */
export function malformedStatus(place: FieldViolation | undefined): StatusObject {
  const details = place === undefined ? {} : { violations: [place] };
  return errorStatus(new CallError('REQUEST_MALFORMED', undefined, details));
}

function placeIn(
  schema: DescMessage,
  bytes: Uint8Array,
  path: string,
  nestingLeft: number,
): FieldViolation | undefined {
  if (nestingLeft <= 0) return violation(path, 'is nested too deep');
  const reader = new BinaryReader(bytes);
  /** How often each repeated field came. */
  const counts = new Map<DescField, number>();
  while (reader.pos < reader.len) {
    const tag = attempt(() => reader.tag());
    if (tag === undefined) return violation(path, 'holds a field number or wire type that does not exist');
    const [number, wireType] = tag;
    const field = schema.fields.find((candidate) => candidate.number === number);
    const place = field === undefined ? path : join(path, nameOf(field, counts));
    const isText = wireType === WireType.LengthDelimited;
    const content = attempt(() => (isText ? reader.bytes() : reader.skip(wireType, number)));
    if (content === undefined) {
      return violation(place, isText ? 'is longer than the message' : 'is not a value of its wire type');
    }
    const inner =
      field !== undefined && isText ? placeInField(field, content, place, nestingLeft) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function placeInField(
  field: DescField,
  content: Uint8Array,
  place: string,
  nestingLeft: number,
): FieldViolation | undefined {
  if (field.fieldKind === 'message') return placeIn(field.message, content, place, nestingLeft - 1);
  if (field.fieldKind === 'list' && field.listKind === 'message')
    return placeIn(field.message, content, place, nestingLeft - 1);
  const isString =
    (field.fieldKind === 'scalar' || (field.fieldKind === 'list' && field.listKind === 'scalar')) &&
    field.scalar === ScalarType.STRING;
  const isUtf8 = !isString || attempt(() => UTF8.decode(content)) !== undefined;
  return isUtf8 ? undefined : violation(place, 'is not UTF-8');
}

function nameOf(field: DescField, counts: Map<DescField, number>): string {
  if (field.fieldKind !== 'list') return field.name;
  const index = counts.get(field) ?? 0;
  counts.set(field, index + 1);
  return `${field.name}[${index}]`;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function violation(field: string, description: string): FieldViolation {
  return { field, reason: 'MALFORMED', description };
}

/** The library throws at what it cannot read. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
