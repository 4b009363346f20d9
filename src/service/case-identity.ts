import {
  bareNames,
  destinationNames,
  OperatorDirectory,
  readMailAddress,
  readMailDomain,
} from '../identity/index.js';
import type { CaseIdentity } from '../policy/index.js';

/** Framed like a keyed name, so that two names have nothing in common. */
function inClear(purpose: string, ...parts: readonly string[]): string {
  return [purpose, ...parts].join(':');
}

const DIRECTORY = new OperatorDirectory();

/**
 * Names for checks and cases, which run without keys: what the service would replace by a keyed pseudonym stays
 * readable here. Operators are those of the packaged table.
 */
export const CASE_IDENTITY: CaseIdentity = {
  mailbox(email) {
    const reading = readMailAddress(email);
    return reading.kind === 'valid' ? [`mailbox:${reading.address.exact}`] : undefined;
  },
  domain(domain) {
    const reading = readMailDomain(domain);
    return reading.kind === 'valid' ? reading.domain : undefined;
  },
  destination: (network, address, tag = { kind: 'not-told' }) =>
    destinationNames(inClear, network, address, tag),
  bareDestination: (address, tag) => bareNames(inClear, address, tag),
  device: (deviceId) => `device:${deviceId}`,
  operatorOf: (domain) => DIRECTORY.operatorOf(domain),
};
