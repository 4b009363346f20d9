import type { ConditionDocument, PolicyDocument } from './policy-document.js';

/**
 * Something that a policy may write and that a version before did not know. A policy without it decides as it always
 * did: what is absent keeps its old meaning, so each entry here has a default that does nothing.
 */
export type NewerPart = NewerText &
  (
    | {
        readonly kind: 'setting';
        /** Keys from the root of the document; `*` stands for every element of a list. */
        readonly path: readonly string[];
      }
    | { readonly kind: 'condition'; readonly key: keyof ConditionDocument }
    /** A field or list of custom rules. */
    | { readonly kind: 'field'; readonly name: string }
  );

interface NewerText {
  /** The first `engine_version` that knows it. */
  readonly since: string;
  /** What a policy that has it gains, in a sentence. */
  readonly gain: string;
}

/**
 * Everything newer than the first version, in the order in which `holdfast policy check` lists it. Who adds a setting, a
 * condition or a field of custom rules adds a row.
 */
export const NEWER_PARTS: readonly NewerPart[] = [
  {
    kind: 'setting',
    path: ['tiers', '*', 'require'],
    since: '2',
    gain: 'asks about requests that leave out facts which would speak against them',
  },
  {
    kind: 'setting',
    path: ['exposure', 'until_closed'],
    since: '2',
    gain: 'a compromised mailbox that nobody secured stays one, however late its provider tells of it',
  },
  {
    kind: 'setting',
    path: ['exposure', 'half_open'],
    since: '2',
    gain: 'a forced change of password, which a thief in the mailbox answers himself, does not close its exposure at once',
  },
  {
    kind: 'setting',
    path: ['step_up', 'factor_margin'],
    since: '2',
    gain: 'a factor enrolled just before the trouble, by another clock, is not taken for an old one',
  },
  {
    kind: 'setting',
    path: ['step_up', 'notice'],
    since: '2',
    gain: 'a customer without a factor that could answer is told and may object, instead of waiting for a person',
  },
  {
    kind: 'condition',
    key: 'after_exposure',
    since: '2',
    gain: 'a provider that has a mailbox secured says nothing bad where nothing bad was known before',
  },
  {
    kind: 'condition',
    key: 'destination_not_used',
    since: '2',
    gain: 'exempts who pays where he has paid for long, and nobody of whom that is not known',
  },
  {
    kind: 'setting',
    path: ['questions'],
    since: '2',
    gain: 'asks about shapes that no score tells, such as a drain by and by',
  },
  {
    kind: 'setting',
    path: ['tier_window'],
    since: '2',
    gain: 'judges slices of several days to new destinations as the one amount that they are',
  },
  {
    kind: 'condition',
    key: 'device_unproven',
    since: '2',
    gain: 'a device that slept is as new as on its first day until it served a withdrawal',
  },
  {
    kind: 'condition',
    key: 'factor_unproven',
    since: '2',
    gain: 'a factor enrolled beside older ones is not trusted because time went by',
  },
  {
    kind: 'condition',
    key: 'destination_unproven',
    since: '2',
    gain: 'an address that was added and left to ripen stays new',
  },
  {
    kind: 'condition',
    key: 'drain',
    since: '2',
    gain: 'sees what leaves in 7 and 30 days, of the highest balance of that time',
  },
  { kind: 'field', name: 'drain.', since: '2', gain: 'the same for rules of your own' },
  {
    kind: 'field',
    name: 'first_use_hours',
    since: '2',
    gain: 'since when a device, a factor or a destination serves withdrawals of real size',
  },
  {
    kind: 'setting',
    path: ['hold', 'total'],
    since: '2',
    gain: 'a withdrawal whose destination or amount keeps changing while it is held ends with a person',
  },
  {
    kind: 'setting',
    path: ['without_answer'],
    since: '2',
    gain: "an exchange's client may let small amounts go to known destinations while it gets no answer",
  },
];

/** One newer part that a policy lacks. */
export interface LackingPart {
  readonly kind: NewerPart['kind'];
  /** As a policy writes it, e.g. `tiers[].require` or `destination_age`. */
  readonly name: string;
  readonly since: string;
  readonly gain: string;
}

/** The parts of `parts` that a document nowhere uses. Pure. */
export function lackingParts(
  document: PolicyDocument,
  parts: readonly NewerPart[] = NEWER_PARTS,
): readonly LackingPart[] {
  const keys = conditionKeys(document);
  const expressions = (document.custom_rules ?? []).map(({ expression }) => expression);
  return parts
    .filter((part) => {
      switch (part.kind) {
        case 'setting':
          return !hasPath(document, part.path);
        case 'condition':
          return !keys.has(part.key);
        case 'field':
          return !expressions.some((expression) => expression.includes(part.name));
        default:
          return part satisfies never;
      }
    })
    .map((part) => ({ kind: part.kind, name: nameOf(part), since: part.since, gain: part.gain }));
}

function nameOf(part: NewerPart): string {
  switch (part.kind) {
    case 'setting':
      return part.path.join('.').replaceAll('.*', '[]');
    case 'condition':
      return part.key;
    case 'field':
      return part.name;
    default:
      return part satisfies never;
  }
}

function conditionKeys(document: PolicyDocument): ReadonlySet<string> {
  const conditions: readonly ConditionDocument[] = [
    ...(document.rules ?? []).map(({ when }) => when),
    ...(document.sequences ?? []).flatMap(({ steps }) => steps.flatMap(({ any }) => any)),
    ...(document.locks ?? []).map(({ when }) => when),
    ...(document.questions ?? []).flatMap(({ when }) => when),
  ];
  return new Set(conditions.flatMap((condition) => Object.keys(condition)));
}

function hasPath(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return value !== undefined;
  if (typeof value !== 'object' || value === null) return false;
  const parts: readonly unknown[] =
    key === '*' ? Object.values(value) : [Object.getOwnPropertyDescriptor(value, key)?.value];
  return parts.some((part) => hasPath(part, rest));
}
