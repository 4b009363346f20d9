import type { DocumentPath, PolicyProblem } from '../policy-problem.js';
import type { YamlSource } from '../text/yaml-source.js';

/** The section that a path such as `rules[3].points` leads into, and the place in it if it is a list. */
const SECTION = /^([a-z_]+)(?:\[(\d+)\])?/;

/** Stands in for sections without which no policy can be read; itself without mistakes, so it adds none. */
const STAND_INS: Readonly<Record<string, unknown>> = {
  version: 1,
  name: 'stand-in',
  currency: 'USD',
  points_to_double_odds: 5,
  tiers: [
    {
      name: 'stand-in',
      step_up: 100,
      hold: 100,
      reject: 100,
      degraded: { feed_not_current: 'ALLOW', behind: 'ALLOW', hourly_allow: 0 },
    },
  ],
  lock_shape: { destination_known_after: '1d', large_share: 0.5, value_floor: 0 },
  cohort: { base_rate: 0.0001, default_share: 0.005, at_most: 1, after: '1d' },
  exposure: { look_back: '1d', keep_after: '1d', watch: '1d' },
  trust_floor: 0,
  reject_needs_named_compromise: true,
  step_up: { channels: ['PASSKEY'], verified_within: '1h' },
  sim_trouble: { signals: ['SIM_CHANGED'], window: '1d' },
  hold: { max: '1d', review_after: '1d', degraded: '1h' },
};

/** Absent is a choice of the author, which other checks may find fault with. */
const OPTIONAL: ReadonlySet<string> = new Set(['lock_shape']);

/** Lists of which a bad entry can be left out. Not `tiers`: each is judged by its neighbours. */
const LISTS: ReadonlySet<string> = new Set(['rules', 'sequences', 'locks', 'lists', 'custom_rules']);

/**
 * What is left of a document when everything with a wrong shape is taken out or replaced, so that the meaning of the
 * rest can be checked at once. Places are those of the document as written.
 *
 * @returns undefined when the document is no map
 */
export function soundPart(source: YamlSource, problems: readonly PolicyProblem[]): YamlSource | undefined {
  if (!isMap(source.value)) return undefined;
  const wrong = wrongPlaces(problems);
  const value: Record<string, unknown> = {};
  const places = new Map<string, readonly number[]>();
  for (const section of Object.keys(source.value)) {
    const written = source.value[section];
    const entries = wrong.get(section);
    if (entries === undefined) value[section] = written;
    else if (entries !== 'whole' && Array.isArray(written)) {
      const kept = [...written.keys()].filter((index) => !entries.has(index));
      value[section] = kept.map((index): unknown => written[index]);
      places.set(section, kept);
    } else if (section === 'groups' && isMap(written)) {
      // Their names stay, or every rule would seem to name a group that is not there.
      value[section] = Object.fromEntries(Object.keys(written).map((name) => [name, 100]));
    } else if (section in STAND_INS) value[section] = STAND_INS[section];
  }
  for (const [section, standIn] of Object.entries(STAND_INS)) {
    if (!(section in value) && !OPTIONAL.has(section)) value[section] = standIn;
  }
  const asWritten = (path: DocumentPath): DocumentPath => {
    const [section, index, ...rest] = path;
    if (typeof section !== 'string' || typeof index !== 'number') return path;
    return [section, places.get(section)?.[index] ?? index, ...rest];
  };
  return {
    value,
    problemAt: (path, message, on) => source.problemAt(asWritten(path), message, on),
    problemInText: (path, offset, message) => source.problemInText(asWritten(path), offset, message),
  };
}

/** For each section with problems the entries that have them, or that it is wrong as a whole. */
function wrongPlaces(problems: readonly PolicyProblem[]): Map<string, Set<number> | 'whole'> {
  const wrong = new Map<string, Set<number> | 'whole'>();
  for (const { path } of problems) {
    const [, section, index] = SECTION.exec(path) ?? [];
    if (section === undefined) continue;
    const known = wrong.get(section) ?? new Set<number>();
    if (index === undefined || !LISTS.has(section) || known === 'whole') wrong.set(section, 'whole');
    else wrong.set(section, known.add(Number(index)));
  }
  return wrong;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
