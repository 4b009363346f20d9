import { bareNames, destinationNames } from '../../src/identity/index.js';
import type { ListPseudonyms } from '../../src/policy/index.js';

const inClear = (...parts: readonly string[]) => parts.join(':');

/** Pseudonyms that a reader of a test can see through. */
export const TEST_PSEUDONYMS: ListPseudonyms = {
  mailbox: (email) => (/^\S+@\S+\.\S+$/.test(email) ? [`m:${email.trim().toLowerCase()}`] : undefined),
  domain: (domain) => (/^\S+\.\S+$/.test(domain) ? domain.toLowerCase() : undefined),
  destination: (network, address, tag = { kind: 'not-told' }) =>
    destinationNames(inClear, network, address, tag),
  bareDestination: (address, tag) => bareNames(inClear, address, tag),
  device: (deviceId) => `dev:${deviceId}`,
};
