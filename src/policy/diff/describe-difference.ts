import type { ListDocument, PolicyDocument, SequenceDocument } from '../policy-document.js';
import { written } from './written.js';

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
    ...listed('sequence', before.sequences, after.sequences, ({ code }) => code, stepsOf),
    ...listed('lock', before.locks, after.locks, ({ code }) => code),
    ...listed('question', before.questions, after.questions, ({ code }) => code),
    ...listed('list', before.lists, after.lists, ({ name }) => name, entriesOf),
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
  'questions',
  'lists',
  'custom_rules',
  'domain_prior',
]);

/** Fields of members whose own fields are told one by one. */
const SECTIONS: ReadonlySet<string> = new Set(['degraded']);

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
  any: 'conditions of',
  min_steps: 'steps needed by',
  max_gap: 'longest gap of',
  alone_at_most: 'most that it may do alone:',
  expression: 'expression of',
};

/** Fields whose differences are told in other words than their values. */
interface Special<T> {
  readonly fields: ReadonlySet<string>;
  differences(before: T, after: T): PolicyDifference[];
}

const NOTHING_SPECIAL: Special<object> = { fields: new Set(), differences: () => [] };

/** Steps are told apart by their names. */
const stepsOf: Special<SequenceDocument> = {
  fields: new Set(['steps']),
  differences(before, after) {
    const was = before.steps.map(({ name }) => name);
    const is = after.steps.map(({ name }) => name);
    const kept = (names: readonly string[], others: readonly string[]) =>
      names.filter((name) => others.includes(name)).join(', ');
    return [
      ...listed(
        'step',
        before.steps.map((step) => ({ ...step, name: `${step.name} of ${before.code}` })),
        after.steps.map((step) => ({ ...step, name: `${step.name} of ${before.code}` })),
        ({ name }) => name,
      ),
      ...difference(`order of steps of ${before.code}`, kept(was, is), kept(is, was)),
    ];
  },
};

/** Lists can be long, and name people: what is told is how many entries changed. */
const entriesOf: Special<ListDocument> = {
  fields: new Set(['entries']),
  differences(before, after) {
    const was = new Map(before.entries.map((entry) => [entry.value, written(entry)]));
    const is = new Map(after.entries.map((entry) => [entry.value, written(entry)]));
    const added = [...is.keys()].filter((value) => !was.has(value)).length;
    const removed = [...was.keys()].filter((value) => !is.has(value)).length;
    const changed = [...is].filter(([value, entry]) => was.has(value) && was.get(value) !== entry).length;
    const parts = [
      ...(added > 0 ? [`${added} added`] : []),
      ...(removed > 0 ? [`${removed} removed`] : []),
      ...(changed > 0 ? [`${changed} changed`] : []),
    ];
    if (parts.length === 0) return [];
    const what = `entries of ${before.name}`;
    return [{ what, before: String(was.size), after: `${is.size} (${parts.join(', ')})` }];
  },
};

function listed<T extends object>(
  kind: string,
  before: readonly T[] = [],
  after: readonly T[] = [],
  nameOf: (member: T) => string,
  special: Special<T> = NOTHING_SPECIAL,
): PolicyDifference[] {
  const now = new Map(after.map((member) => [nameOf(member), member]));
  const was = new Map(before.map((member) => [nameOf(member), member]));
  const differences: PolicyDifference[] = [];
  for (const [name, member] of was) {
    const other = now.get(name);
    if (other === undefined) differences.push({ what: `${kind} ${name}`, before: '' });
    else {
      differences.push(...fields(name, member, other, special.fields), ...special.differences(member, other));
    }
  }
  for (const [name, member] of now) {
    if (!was.has(name)) differences.push({ what: `${kind} ${name}`, after: headline(member) });
  }
  return differences;
}

function fields(
  name: string,
  before: object,
  after: object,
  except: ReadonlySet<string> = NOTHING_SPECIAL.fields,
): PolicyDifference[] {
  const was = new Map<string, unknown>(Object.entries(before));
  const is = new Map<string, unknown>(Object.entries(after));
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((field) => {
    if (except.has(field)) return [];
    const old = was.get(field);
    const fresh = is.get(field);
    if (SECTIONS.has(field) && isPlain(old) && isPlain(fresh))
      return fields(`${field} of ${name}`, old, fresh);
    const words = FIELD_WORDS[field];
    const what = words === undefined ? `${field} of ${name}` : `${words} ${name}`;
    return difference(what, old, fresh);
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
