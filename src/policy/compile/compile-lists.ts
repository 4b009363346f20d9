import type { ListEntry, PolicyList } from '../../decision/policy-model.js';
import type { ListPseudonyms } from '../list-pseudonyms.js';
import type { ListDocument } from '../policy-document.js';
import type { DocumentPath } from '../policy-problem.js';
import { readTime } from '../text/quantities.js';
import type { Draft } from './draft.js';
import { listedDestination } from './listed-destination.js';
import { reasonText } from './reason-text.js';

const PSEUDONYM = /^hmac:(\S{1,200})$/;

type PseudonymKind = 'destination' | 'device' | 'domain' | 'mailbox';

const SHORT_DIGEST = { form: /^[\w-]{22}$/, words: '22 letters, digits, `-` and `_`' };

/** What pseudonyms look like, as `src/identity/pseudonyms.ts` makes them: another text could match nothing. */
const PSEUDONYM_FORMS: Readonly<Record<PseudonymKind, { readonly form: RegExp; readonly words: string }>> = {
  destination: SHORT_DIGEST,
  device: SHORT_DIGEST,
  domain: { form: /^d:[\w-]{22}$/, words: '`d:` and 22 letters, digits, `-` and `_`' },
  mailbox: {
    form: /^(?:m|p:[^:]+):[^:]+:[\w-]+$/,
    words: '`m:<key id>:<hash>` or `p:<provider>:<key id>:<hash>`',
  },
};

export function compileLists(draft: Draft, pseudonyms: ListPseudonyms): PolicyList[] {
  const names = new Set<string>();
  return (draft.document.lists ?? []).map((list, index) => {
    const path = ['lists', index];
    if (names.has(list.name)) draft.problem([...path, 'name'], `the list \`${list.name}\` comes twice`);
    names.add(list.name);
    return compileList(draft, path, list, pseudonyms);
  });
}

function compileList(
  draft: Draft,
  path: DocumentPath,
  list: ListDocument,
  pseudonyms: ListPseudonyms,
): PolicyList {
  const { deny, trust } = list.effect;
  const entries = new Map<string, ListEntry>();
  const clearValues = new Set<string>();
  list.entries.forEach((entry, index) => {
    const place = [...path, 'entries', index];
    const expiresAt = entry.expires_at === undefined ? undefined : readTime(entry.expires_at);
    if (entry.expires_at !== undefined && expiresAt === undefined) {
      draft.problem([...place, 'expires_at'], `there is no such time as \`${entry.expires_at}\``);
    }
    if (trust !== undefined && entry.expires_at === undefined) {
      draft.problem(place, '`expires_at` is missing: trust must end, or thieves learn to earn it once');
    }
    if (clearValues.has(entry.value)) draft.problem([...place, 'value'], 'is on this list twice');
    clearValues.add(entry.value);
    const keys = entryKeys(draft, [...place, 'value'], list, entry.value, pseudonyms);
    if (typeof keys === 'string') {
      draft.problem([...place, 'value'], keys);
      return;
    }
    const made = { reason: entry.reason, ...(expiresAt !== undefined && { expiresAt }) };
    for (const key of keys) if (lastsLonger(made, entries.get(key))) entries.set(key, made);
  });
  const code = `${deny === undefined ? 'TRUST' : 'DENY'}_LIST_${list.name.toUpperCase().replaceAll('-', '_')}`;
  draft.claimCode([...path, 'name'], code);
  return {
    ...reasonText({ ...list, code }, 'POLICY'),
    name: list.name,
    on: list.on,
    effect:
      deny !== undefined
        ? { kind: 'deny', decision: deny }
        : { kind: 'trust', points: draft.points([...path, 'effect', 'trust'], trust ?? 0) },
    entries,
  };
}

function lastsLonger(entry: ListEntry, other: ListEntry | undefined): boolean {
  if (other === undefined) return true;
  return (entry.expiresAt ?? Number.POSITIVE_INFINITY) > (other.expiresAt ?? Number.POSITIVE_INFINITY);
}

/** The keys under which `decide` looks a value up, or a sentence about what is wrong with it. */
function entryKeys(
  draft: Draft,
  path: DocumentPath,
  list: ListDocument,
  value: string,
  pseudonyms: ListPseudonyms,
): readonly string[] | string {
  switch (list.on) {
    case 'account':
      return [value];
    case 'country':
      return /^[A-Z]{2}$/.test(value)
        ? [value]
        : `\`${value}\` is not a country: two capital letters (ISO 3166)`;
    case 'domain':
    case 'mailbox':
    case 'device':
    case 'destination': {
      const given = PSEUDONYM.exec(value)?.[1];
      return given === undefined
        ? clearKeys(draft, path, list, list.on, value, pseudonyms)
        : givenKeys(draft, path, list.on, given);
    }
    default:
      return list.on satisfies never;
  }
}

/** What is found wrong with a recorded text only by a later version refuses it no more. */
function givenKeys(
  draft: Draft,
  path: DocumentPath,
  kind: PseudonymKind,
  given: string,
): readonly string[] | string {
  const { form, words } = PSEUDONYM_FORMS[kind];
  if (form.test(given)) return [given];
  const problem = `is no pseudonym of a ${kind}: ${words}`;
  if (!draft.isRecorded) return problem;
  draft.note(path, problem);
  return [given];
}

function clearKeys(
  draft: Draft,
  path: DocumentPath,
  { effect }: ListDocument,
  kind: PseudonymKind,
  value: string,
  pseudonyms: ListPseudonyms,
): readonly string[] | string {
  switch (kind) {
    case 'domain': {
      const domain = pseudonyms.domain(value);
      return domain === undefined ? `\`${value}\` is not a mail domain` : [domain];
    }
    case 'mailbox':
      // The message must not repeat an address: problems reach logs.
      return pseudonyms.mailbox(value) ?? 'is not a mail address';
    case 'device':
      return [pseudonyms.device(value)];
    case 'destination': {
      const { keys, problem, note } = listedDestination(
        value,
        effect.deny === undefined ? 'trust' : 'deny',
        pseudonyms,
      );
      if (problem !== undefined && (!draft.isRecorded || keys.length === 0)) return problem;
      const warning = problem ?? note;
      if (warning !== undefined) draft.note(path, warning);
      return keys;
    }
    default:
      return kind satisfies never;
  }
}
