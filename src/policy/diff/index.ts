/** What changed between two policies, in words. Pure. */
export { describeDifferences, formatDifference, type PolicyDifference } from './describe-difference.js';
export { describeEffect, type Effect, type EffectSide, effectOf } from './describe-effect.js';
