/** A made-up population with the truth about each withdrawal, to try policies on. */
export {
  ATTACK_STYLES,
  type AttackStyle,
  MAILBOX_STYLES,
  type PopulationEvent,
  type SyntheticCohort,
  type SyntheticProviderEvent,
  type SyntheticSignal,
  type SyntheticWithdrawal,
} from './events.js';
export { generatePopulation, type PopulationOptions, usualTakeovers } from './population.js';
export { readStyles, USUAL_WORLD, type World } from './world.js';
