import type { PolicyDocument } from '../policy-document.js';

/** One thing that differs between two policies. */
export interface PolicyDifference {
  /** Where, in words, e.g. `hold threshold for large`. */
  readonly what: string;
  /** As its author wrote it; absent: it was not there. */
  readonly before?: string;
  /** Absent: it is not there any more. */
  readonly after?: string;
}

/** What differs between two policies, in the order of a document. Comments and the order of keys do not matter. */
export function describeDifferences(before: PolicyDocument, after: PolicyDocument): PolicyDifference[] {
  return [
    ...listed('tier', before.tiers, after.tiers, ({ name }) => name),
    ...keyed('cap of group', before.groups, after.groups),
    ...listed('rule', before.rules, after.rules, ({ code }) => code),
    ...listed('sequence', before.sequences, after.sequences, ({ code }) => code),
    ...listed('lock', before.locks, after.locks, ({ code }) => code),
    ...listed('list', before.lists, after.lists, ({ name }) => name),
    ...listed('custom rule', before.custom_rules, after.custom_rules, ({ code }) => code),
    ...keyed('prior of operator', before.domain_prior, after.domain_prior),
    ...others(before, after),
  ];
}

/** One difference in one line. */
export function formatDifference({ what, before, after }: PolicyDifference): string {
  if (before === undefined) return after === '' ? `${what}: new` : `${what}: new, ${after ?? ''}`;
  if (after === undefined) return `${what}: removed`;
  return `${what}: ${before} -> ${after}`;
}

const LISTED: ReadonlySet<string> = new Set([
  'tiers',
  'groups',
  'rules',
  'sequences',
  'locks',
  'lists',
  'custom_rules',
  'domain_prior',
]);

/** Fields of members, as people say them. */
const FIELD_WORDS: Readonly<Record<string, string>> = {
  step_up: 'step-up threshold for',
  hold: 'hold threshold for',
  reject: 'reject threshold for',
  below: 'upper end of',
  points: 'points of',
  half_life: 'half-life of',
  window: 'window of',
  window_with_mailbox_trouble: 'window with mailbox trouble of',
  group: 'group of',
  when: 'condition of',
  steps: 'steps of',
  min_steps: 'steps needed by',
  max_gap: 'longest gap of',
  alone_at_most: 'most that it may do alone:',
  expression: 'expression of',
  entries: 'entries of',
};

function listed<T extends object>(
  kind: string,
  before: readonly T[] = [],
  after: readonly T[] = [],
  nameOf: (member: T) => string,
): PolicyDifference[] {
  const now = new Map(after.map((member) => [nameOf(member), member]));
  const was = new Map(before.map((member) => [nameOf(member), member]));
  const differences: PolicyDifference[] = [];
  for (const [name, member] of was) {
    const other = now.get(name);
    if (other === undefined) differences.push({ what: `${kind} ${name}`, before: '' });
    else differences.push(...fields(name, member, other));
  }
  for (const [name, member] of now) {
    if (!was.has(name)) differences.push({ what: `${kind} ${name}`, after: headline(member) });
  }
  return differences;
}

function fields(name: string, before: object, after: object): PolicyDifference[] {
  const was = new Map<string, unknown>(Object.entries(before));
  const is = new Map<string, unknown>(Object.entries(after));
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((field) => {
    const words = FIELD_WORDS[field];
    const what = words === undefined ? `${field} of ${name}` : `${words} ${name}`;
    return difference(what, was.get(field), is.get(field));
  });
}

/** The number that says most about a new member. */
function headline(member: object): string {
  if ('points' in member) return `${String(member.points)} points`;
  if ('window' in member) return `window ${String(member.window)}`;
  return '';
}

function keyed(
  what: string,
  before: Readonly<Record<string, number>> = {},
  after: Readonly<Record<string, number>> = {},
): PolicyDifference[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    difference(`${what} ${key}`, before[key], after[key]),
  );
}

function others(before: PolicyDocument, after: PolicyDocument): PolicyDifference[] {
  const was = new Map<string, unknown>(Object.entries(before));
  const is = new Map<string, unknown>(Object.entries(after));
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((key) => !LISTED.has(key))
    .flatMap((key) => {
      const old = was.get(key);
      const fresh = is.get(key);
      return isPlain(old) && isPlain(fresh) ? fields(key, old, fresh) : difference(key, old, fresh);
    });
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function difference(what: string, before: unknown, after: unknown): PolicyDifference[] {
  const was = written(before);
  const is = written(after);
  if (was === is) return [];
  return [
    { what, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) },
  ];
}

/** A value as text, the same for the same meaning. */
function written(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(sorted(value)) : String(value);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
