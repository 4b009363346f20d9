import type { CompiledPolicy, NoticeRule } from '../../decision/policy-model.js';
import type { NoticeDocument } from '../policy-document.js';
import { readDuration } from '../text/quantities.js';
import type { Draft } from './draft.js';

const DAY_MS = 86_400_000;

/** Who is told at night of his withdrawal shall have a day to object. */
const SHORTEST_NOTICE_MS = DAY_MS;

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
  const { channels, verified_within, factor_margin, notice } = draft.document.step_up;
  return {
    channels,
    verifiedWithin: draft.duration(['step_up', 'verified_within'], verified_within),
    ...(factor_margin !== undefined && {
      factorMargin: draft.duration(['step_up', 'factor_margin'], factor_margin),
    }),
    ...(notice !== undefined && { notice: compileNotice(draft, notice) }),
  };
}

function compileNotice(draft: Draft, { channels, hold, unless }: NoticeDocument): NoticeRule {
  const path = ['step_up', 'notice'];
  const { step_up: stepUp, hold: holds } = draft.document;
  const held = draft.duration([...path, 'hold'], hold);
  if (held < SHORTEST_NOTICE_MS) draft.problem([...path, 'hold'], 'must be 24h or longer');
  // Else more evidence, which makes it a hold for a person, would bring its end nearer (I4).
  if (held > (readDuration(holds.review_after) ?? held)) {
    draft.problem(
      [...path, 'hold'],
      'must not be longer than `hold.review_after`, after which a person looks',
    );
  }
  for (const [index, channel] of channels.entries()) {
    if (!stepUp.channels.includes(channel)) continue;
    draft.problem(
      [...path, 'channels', index],
      `does nothing: who has \`${channel}\` answers questions over it`,
    );
  }
  return {
    channels,
    hold: held,
    unless: unless.signals,
    window: draft.duration([...path, 'unless', 'within'], unless.within),
  };
}
