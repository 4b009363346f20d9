/** What changed between two policies, in words. Pure. */
export { describeDifferences, formatDifference, type PolicyDifference } from './describe-difference.js';
export { describeEffect } from './describe-effect.js';
