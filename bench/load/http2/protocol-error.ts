/** The peer sent what HTTP/2 does not allow, or what this client does not take: the connection is of no use any more. */
export class Http2ProtocolError extends Error {
  override readonly name = 'Http2ProtocolError';
  readonly code = 'HTTP2_PROTOCOL';
}

/** Codes of RST_STREAM and GOAWAY in the order of their numbers (RFC 9113, section 7). */
const ERROR_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

/** For people: the name of a code of RST_STREAM or GOAWAY. */
export function errorName(code: number): string {
  return ERROR_NAMES[code] ?? `error ${code}`;
}
