import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { Draft } from './draft.js';

const DAY_MS = 86_400_000;

/** Evidence forgets what closed 400 days ago: half open must be over by then, or forgetting would end it early. */
const LONGEST_HALF_OPEN_MS = 365 * DAY_MS;

export function compileExposure(draft: Draft): CompiledPolicy['exposure'] {
  const { look_back, keep_after, watch, until_closed, half_open } = draft.document.exposure;
  const halfOpen = half_open === undefined ? undefined : draft.duration(['exposure', 'half_open'], half_open);
  if (halfOpen !== undefined && halfOpen > LONGEST_HALF_OPEN_MS) {
    draft.problem(['exposure', 'half_open'], 'must not be longer than 365 days');
  }
  return {
    lookBack: draft.duration(['exposure', 'look_back'], look_back),
    keepAfter: draft.duration(['exposure', 'keep_after'], keep_after),
    ...(until_closed !== undefined && { untilClosed: until_closed }),
    ...(halfOpen !== undefined && { halfOpen }),
    watch: draft.duration(['exposure', 'watch'], watch),
  };
}

export function compileStepUp(draft: Draft): CompiledPolicy['stepUp'] {
  const { channels, verified_within, factor_margin } = draft.document.step_up;
  return {
    channels,
    verifiedWithin: draft.duration(['step_up', 'verified_within'], verified_within),
    ...(factor_margin !== undefined && {
      factorMargin: draft.duration(['step_up', 'factor_margin'], factor_margin),
    }),
  };
}
