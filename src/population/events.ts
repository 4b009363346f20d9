import type { Channel, MinorUnits, ProviderEventType, SignalType, UnixMs } from '../decision/vocabulary.js';

/** How a thief goes about it. */
export const ATTACK_STYLES = [
  /** Through the mailbox, out within hours. */
  'fast',
  /** Through the mailbox, then waits until a timer of 72 hours has run out. */
  'patient',
  /** Through the mailbox, out in many small withdrawals. */
  'slicing',
  /** Swaps the account's e-mail address first. */
  'email-first',
  /** Lets the device and the destination grow some days old. */
  'aged',
  /** Lets both grow older than any timer for new addresses: 8 to 14 days. */
  'ripened',
  /** Resets, then does nothing for weeks. */
  'sleeping',
  /** Through a mailbox that was broken into months ago; its provider tells of it late, or too late. */
  'late-notice',
  /** Through a mailbox whose provider says nothing. */
  'silent-provider',
  /** Takes over the phone number. */
  'sim-swap',
  /** Talks support into letting him in. */
  'support',
  /** Tries passwords from elsewhere until one fits. */
  'stuffing',
  /** Signs in with what he phished, and takes a part every day. */
  'draining',
] as const;
export type AttackStyle = (typeof ATTACK_STYLES)[number];

/** The styles that go through the owner's mailbox. */
export const MAILBOX_STYLES: ReadonlySet<AttackStyle> = new Set([
  'fast',
  'patient',
  'slicing',
  'email-first',
  'aged',
  'ripened',
  'sleeping',
  'late-notice',
  'silent-provider',
]);

export interface SyntheticSignal {
  readonly kind: 'signal';
  readonly at: UnixMs;
  readonly accountId: string;
  readonly type: SignalType;
  readonly channel?: Channel;
  /** The address after the event; for a reset, where the link went. */
  readonly email?: string;
}

export interface SyntheticProviderEvent {
  readonly kind: 'provider-event';
  /** When it is published. */
  readonly at: UnixMs;
  readonly provider: string;
  readonly email: string;
  readonly type: ProviderEventType;
  readonly occurredAt: UnixMs;
  readonly timeIs: 'OCCURRED' | 'DISCOVERED';
  readonly unauthorised: boolean;
  readonly confidence: number;
}

export interface SyntheticCohort {
  readonly kind: 'cohort';
  readonly at: UnixMs;
  readonly provider: string;
  readonly domains: readonly string[];
  readonly mechanism: string;
  readonly from: UnixMs;
  readonly to?: UnixMs;
  readonly share: number;
  readonly confidence: number;
}

export interface SyntheticFactor {
  readonly channel: Channel;
  readonly enrolledAt: UnixMs;
}

/** A withdrawal that somebody asks for, and the truth about it. */
export interface SyntheticWithdrawal {
  readonly kind: 'withdrawal';
  readonly at: UnixMs;
  readonly accountId: string;
  readonly email: string;
  readonly value: MinorUnits;
  /** 0 to 1. */
  readonly balanceShare: number;
  readonly destination: {
    readonly address: string;
    readonly addedAt: UnixMs;
    readonly firstUsedAt?: UnixMs;
    readonly allowlisted: boolean;
  };
  readonly deviceId: string;
  readonly deviceFirstSeenAt: UnixMs;
  readonly factors: readonly SyntheticFactor[];
  readonly openedAt: UnixMs;
  readonly lastGoodWithdrawalAt?: UnixMs;
  /** Absent: the owner means it. */
  readonly theft?: { readonly takeover: number; readonly style: AttackStyle };
}

/** One thing that happens in a synthetic population. */
export type PopulationEvent =
  | SyntheticSignal
  | SyntheticProviderEvent
  | SyntheticCohort
  | SyntheticWithdrawal;
