export { NETWORK_NAMES, type Network, networkOf } from './destination/networks.js';
export type { TagInput } from './destination/tags.js';
export { type BareNames, bareNames, type DestinationNames, destinationNames } from './destination-names.js';
export { canonicalForm, type FoldedForm, foldedForms } from './folded-forms.js';
export { checkKeys } from './key-check.js';
export { createKeyFile, loadKeyring, placeKeyFile, rotateKeyFile } from './key-file.js';
export { formatKeyFile, newKeyring, parseKeyFile, type RandomBytes } from './key-file-format.js';
export { KEY_OVERLAP_MS, type KeyRotation, type RotatedKeys, rotateKey } from './key-rotation.js';
export {
  type HmacKey,
  type Keyring,
  KeyringError,
  type KeyringErrorCode,
  type LiveKeys,
  type OwnKey,
  withPairKeys,
} from './keyring.js';
export { type ListPseudonyms, listPseudonyms } from './list-pseudonyms.js';
export {
  type MailAddress,
  type MailAddressProblem,
  type MailAddressReading,
  readMailAddress,
} from './mail-address.js';
export { type MailDomainProblem, type MailDomainReading, readMailDomain } from './mail-domain.js';
export { type OpaqueSubject, opaqueSubjectOf, readOpaqueSubject } from './opaque-subject.js';
export { OperatorDirectory, type ProviderCoverage } from './operator-directory.js';
export { type MailOperator, OPERATORS } from './operator-table.js';
export { parsePairKeys } from './pair-keys.js';
export {
  Pseudonyms,
  type PseudonymsOptions,
  type SignalIdentity,
  type SubjectReading,
} from './pseudonyms.js';
