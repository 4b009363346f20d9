/** Why a state was set aside. */
export type QuarantineReason =
  /** The file, or a record in it, is not what was written. */
  | 'DAMAGED'
  /** Written by another version. */
  | 'OTHER_VERSION'
  /** Two processes in a row died while opening it. */
  | 'OPENING_DIED'
  /** Entries it still needs have been trimmed from the log. */
  | 'BEHIND_LOG';

/** What an operator should hear of while stores are opened. */
export type StoreEvent =
  | {
      readonly event: 'state-quarantined';
      readonly reason: QuarantineReason;
      /** Name of the folder it was moved to, beside the state. */
      readonly movedTo: string;
      readonly detail: string;
    }
  /** The state starts from the copy made when the log was last trimmed, not from nothing. */
  | { readonly event: 'state-from-checkpoint'; readonly cursor: number }
  /** The log no longer begins at 1 and there is no checkpoint: what was trimmed is not in the state. */
  | { readonly event: 'state-incomplete'; readonly from: number }
  /** The process that held the folder is gone without having released it. */
  | { readonly event: 'lock-taken-over' }
  /** The folder lies where a flush may not reach the disk or locks may not hold. */
  | { readonly event: 'unsafe-file-system'; readonly kind: string };

export type StoreEventSink = (event: StoreEvent) => void;
