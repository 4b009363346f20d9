export type ProviderToolErrorCode =
  | 'FILE_EXISTS'
  /** Others may read a private key. */
  | 'KEY_FILE_MODE'
  | 'KEY_FILE_INVALID'
  /** The address or the event cannot be published as asked. */
  | 'EVENT_INVALID'
  /** Another publication of the same provider is running on this machine. */
  | 'OUTBOX_IN_USE'
  | 'OUTBOX_INVALID'
  /** The outbox could not be written; what was to be published may go out after the next start. */
  | 'OUTBOX_FAILED'
  | 'BROKER_UNREACHABLE'
  /** The broker's permissions do not allow it, or it closed the connection. */
  | 'BROKER_REFUSED'
  /** The exchange set the event aside: it will not count, and its number is used. */
  | 'EVENT_REFUSED'
  /** The exchange took no push: its address or the bearer token is wrong; the token waits in the outbox. */
  | 'PUSH_REFUSED'
  /** Nobody confirmed; the token waits in the outbox and goes first next time. */
  | 'NOT_CONFIRMED'
  /** No stream takes the subject yet; the token waits in the outbox and goes first next time. */
  | 'STREAM_MISSING'
  /** The exchange published no status within the time. */
  | 'NO_STATUS'
  /** The publisher was closed. */
  | 'CLOSED';

/** A problem of the provider's side. The message names no mailbox. */
export class ProviderToolError extends Error {
  override readonly name = 'ProviderToolError';
  constructor(
    readonly code: ProviderToolErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
