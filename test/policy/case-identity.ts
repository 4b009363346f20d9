import type { CaseIdentity } from '../../src/policy/index.js';
import { TEST_PSEUDONYMS } from './list-pseudonyms.js';

const OPERATORS: Readonly<Record<string, string>> = {
  'att.net': 'att',
  'bellsouth.net': 'att',
  'yahoo.com': 'yahoo',
};

/** The operators that the cases speak of. */
export const TEST_IDENTITY: CaseIdentity = {
  ...TEST_PSEUDONYMS,
  operatorOf: (domain) => OPERATORS[domain],
};
