import type { DestinationDoubt, DestinationTag } from '../decision/vocabulary.js';

/** What a text says of a destination's tag. */
export type ToldTag =
  | { readonly kind: 'not-told' }
  | { readonly kind: 'none' }
  /** @property type where the network has several: `id`, `text`, `hash` or `return` */
  | { readonly kind: 'value'; readonly value: string; readonly type?: string };

/** The names of a destination: see `DestinationFacts`. */
export interface NamedDestination {
  readonly id: string;
  readonly accountId: string;
  readonly trustId?: string;
  readonly formerId: string;
  readonly contestedIds?: readonly string[];
  readonly linkIds?: readonly string[];
  readonly suffix: string;
  readonly doubt?: DestinationDoubt;
  readonly tag?: DestinationTag;
  /** Tags of this network have types. */
  readonly hasTagTypes?: boolean;
}

/** What an address is denied by where a request names no network that we know: its text, and the text with its tag. */
export interface BareDestination {
  readonly bareId: string;
  readonly bareTagId: string;
}

/**
 * Turns the clear values of a policy's lists into the names under which `decide` meets them. One tenant's view: the
 * keys of destinations and devices are the tenant's own. Implemented where the keys are; deterministic.
 */
export interface ListPseudonyms {
  /** All aliases of a mailbox under the live keys; undefined when the text is no mail address. */
  mailbox(email: string): readonly string[] | undefined;
  /** A mail domain in the form of `MailboxLink.domain`; undefined when the text is no domain. */
  domain(domain: string): string | undefined;
  destination(network: string, address: string, tag?: ToldTag): NamedDestination;
  bareDestination(address: string, tag?: ToldTag): BareDestination;
  device(deviceId: string): string;
}
