import { RISC, VERIFICATION } from './event-types.js';
import { isObject } from './token.js';

/** Names of known senders whose tokens depart from the standards; a provider is registered with those that it needs. */
export const DEVIATIONS = ['google'] as const;
export type Deviation = (typeof DEVIATIONS)[number];

/** Google's own verification event, from before SSF defined one. */
const GOOGLE_VERIFICATION = `${RISC}verification`;

/** Stands in where a heartbeat names no subject: nothing is looked up under it. */
const NO_SUBJECT = { format: 'opaque', id: 'verification' };

type Claims = Readonly<Record<string, unknown>>;

/** Claims as the standards want them. Only the form is changed: who signed what for whom is checked afterwards. */
export function standardClaims(claims: Claims, deviations: readonly Deviation[]): Claims {
  let result = claims;
  for (const deviation of deviations) {
    switch (deviation) {
      case 'google':
        result = fromGoogle(result);
        break;
      default:
        deviation satisfies never;
    }
  }
  return result;
}

/**
 * Google Cross-Account Protection: the subject stands inside the event, says `subject_type` for `format`, and its
 * verification event has an address of its own and no subject.
 */
function fromGoogle(claims: Claims): Claims {
  const events = isObject(claims['events']) ? Object.entries(claims['events']) : [];
  const [first] = events;
  // More or fewer events are refused whatever they hold.
  if (events.length !== 1 || first === undefined) return claims;
  const [type, event] = first;
  const isVerification = type === GOOGLE_VERIFICATION;
  const inside = isObject(event) ? event['subject'] : undefined;
  const subject = claims['sub_id'] ?? inside ?? (isVerification ? NO_SUBJECT : undefined);
  return {
    ...claims,
    ...(subject === undefined ? {} : { sub_id: isObject(subject) ? withFormat(subject) : subject }),
    events: { [isVerification ? VERIFICATION : type]: event },
  };
}

function withFormat(subject: Record<string, unknown>): Record<string, unknown> {
  const type = subject['subject_type'];
  return subject['format'] === undefined && type !== undefined ? { ...subject, format: type } : subject;
}
