/** Limits of the contract for the PolicyService (docs: `proto/holdfast/v1/policy_service.proto`). */

/** Names of people and programs. */
export const MAX_ACTOR_CHARACTERS = 128;
/** Why something is done. */
export const MAX_REASON_CHARACTERS = 1_024;
export const MAX_CASE_FILES = 64;
export const MAX_CASE_FILE_NAME_CHARACTERS = 128;
export const MAX_ETAG_CHARACTERS = 64;
/** Failing cases that a report names; it counts all. */
export const MAX_REPORTED_FAILURES = 100;
/** Entries of one list of a simulation's filter. */
export const MAX_FILTER_ENTRIES = 100;
/** Changes of one page that are told with what they did to the rules: each may need two policies read. */
export const MAX_COMPARED_CHANGES = 20;
