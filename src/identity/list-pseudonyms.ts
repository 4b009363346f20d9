import type { Pseudonym } from '../decision/vocabulary.js';
import type { TagInput } from './destination/tags.js';
import type { BareNames, DestinationNames } from './destination-names.js';
import { readMailAddress } from './mail-address.js';
import { readMailDomain } from './mail-domain.js';
import type { Pseudonyms } from './pseudonyms.js';

/** The names under which a decision meets what a policy lists in clear: one tenant's view. */
export interface ListPseudonyms {
  /** All aliases that name the mailbox for certain, under the live keys; undefined if the text is no mail address. */
  mailbox(email: string): readonly Pseudonym[] | undefined;
  /** In the form of a mailbox link's domain; undefined if the text is no mail domain. */
  domain(domain: string): string | undefined;
  destination(network: string, address: string, tag?: TagInput): DestinationNames;
  bareDestination(address: string, tag?: TagInput): BareNames;
  device(deviceId: string): Pseudonym;
}

/** The pseudonyms by which a policy's lists are compiled for a tenant. Compile them again after a key rotation. */
export function listPseudonyms(pseudonyms: Pseudonyms, tenant: string): ListPseudonyms {
  return {
    mailbox(email) {
      const reading = readMailAddress(email);
      return reading.kind === 'valid' ? pseudonyms.eventAliases(reading.address) : undefined;
    },
    domain(domain) {
      const reading = readMailDomain(domain);
      return reading.kind === 'valid' ? pseudonyms.domain(reading.domain) : undefined;
    },
    destination: (network, address, tag) => pseudonyms.destination(tenant, network, address, tag),
    bareDestination: (address, tag) => pseudonyms.bareDestination(tenant, address, tag),
    device: (deviceId) => pseudonyms.device(tenant, deviceId),
  };
}
