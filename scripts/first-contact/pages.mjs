/** As the pages say of themselves: `holdfast` is `node dist/main.js`. */
const HOLDFAST = 'holdfast() { node dist/main.js "$@"; }';

/** The pages that are followed, in this order; each with a shell of its own. */
export const PAGES = {
  'README.md': { milestone: { name: 'time to the first HOLD', after: 'AssessWithdrawal' } },
  'docs/exchange.md': {},
  'docs/providers.md': {
    prepare: HOLDFAST,
    milestone: { name: 'time to the first accepted event', after: 'feed status' },
  },
  'docs/tuning.md': {
    prepare: HOLDFAST,
    milestone: { name: 'time to the first simulated figure', after: 'policy simulate' },
  },
  'docs/operations.md': { prepare: HOLDFAST },
};
