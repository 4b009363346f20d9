/**
 * Turns the clear values of a policy's lists into the names under which `decide` meets them. One tenant's view: the
 * keys of destinations and devices are the tenant's own. Implemented where the keys are; deterministic.
 */
export interface ListPseudonyms {
  /** All aliases of a mailbox under the live keys; undefined when the text is no mail address. */
  mailbox(email: string): readonly string[] | undefined;
  /** A mail domain in the form of `MailboxLink.domain`; undefined when the text is no domain. */
  domain(domain: string): string | undefined;
  destination(network: string, address: string): string;
  device(deviceId: string): string;
}
