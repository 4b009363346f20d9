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
  | 'BROKER_UNREACHABLE'
  /** The broker did not confirm; the token waits in the outbox and goes first next time. */
  | 'NOT_CONFIRMED';

/** A problem of the provider's tool. The message names no mailbox. */
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
