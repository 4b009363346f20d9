import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a setting's text came to. */
type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'wrong'; readonly expected: string };

/** One `HOLDFAST_*` variable. */
interface Setting<T> {
  readonly variable: string;
  /** For operators: what it is for. */
  readonly meaning: string;
  /** Unit of its value; absent if it has none. */
  readonly unit?: string;
  /** Text that stands in when the variable is absent or empty; undefined: off, or derived. */
  readonly fallback: string | undefined;
  readonly parse: (text: string) => Parsed<T>;
  /** How it is shown; absent: as it was given. */
  readonly mask?: (text: string) => string;
}

function setting<T>(definition: Setting<T>): Setting<T> {
  return definition;
}

/** A host (name or IP, without brackets) and a port; port 0: any free one. */
export interface TcpAddress {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

/** A place to listen at. */
export type ListenAddress = TcpAddress | { readonly kind: 'unix'; readonly path: string };

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MIB = 1024 * 1024;

/** The policy that comes with the package; the same relative place in `src/` and in `dist/`. */
const PACKAGED_POLICY_FILE = fileURLToPath(new URL('../policies/default.yaml', import.meta.url));

const SETTINGS = {
  grpcAddress: setting({
    variable: 'HOLDFAST_GRPC_ADDRESS',
    meaning: 'where the gRPC services listen: host:port (port 0: any free one) or unix:/path',
    fallback: '127.0.0.1:50051',
    parse: parseAddress,
  }),
  opsAddress: setting({
    variable: 'HOLDFAST_OPS_ADDRESS',
    meaning: 'where /metrics, /healthz and /readyz are served over HTTP: host:port; keep it private',
    fallback: '127.0.0.1:9464',
    parse: parseTcpAddress,
  }),
  dataDir: setting({
    variable: 'HOLDFAST_DATA_DIR',
    meaning: 'folder of the log (truth) and the state; on a local disk, used by one process',
    fallback: './data',
    parse: parsePath,
  }),
  policyFile: setting({
    variable: 'HOLDFAST_POLICY_FILE',
    meaning: 'the policy; a valid change of the file becomes a revision',
    fallback: PACKAGED_POLICY_FILE,
    parse: parsePath,
  }),
  keysFile: setting({
    variable: 'HOLDFAST_KEYS_FILE',
    meaning: 'keys of pseudonyms (mode 0600); made at first start; absent: keys.json in the data folder',
    fallback: undefined,
    parse: parsePath,
  }),
  audit: setting({
    variable: 'HOLDFAST_AUDIT',
    meaning:
      'durable: each answer is on disk before it leaves; relaxed: soon after, and a power loss may lose it',
    fallback: 'durable',
    parse: oneOf(['durable', 'relaxed']),
  }),
  reflection: setting({
    variable: 'HOLDFAST_REFLECTION',
    meaning: 'on: clients such as buf curl and grpcurl can ask for the contract',
    fallback: 'off',
    parse: parseSwitch,
  }),
  providersFile: setting({
    variable: 'HOLDFAST_PROVIDERS_FILE',
    meaning: 'registry of the mail providers whose events are accepted; absent: none',
    fallback: undefined,
    parse: parsePath,
  }),
  natsUrl: setting({
    variable: 'HOLDFAST_NATS_URL',
    meaning:
      'broker that carries provider events: nats:// or tls:// URLs, separated by commas; absent: no feeds',
    fallback: undefined,
    parse: parseNatsUrl,
    mask: maskCredentials,
  }),
  feedAudience: setting({
    variable: 'HOLDFAST_FEED_AUDIENCE',
    meaning: 'the audience (aud) that provider events must name',
    fallback: 'urn:holdfast',
    parse: parseAudience,
  }),
  feedStrict: setting({
    variable: 'HOLDFAST_FEED_STRICT',
    meaning: 'on: refuse a broker that cannot give the guarantees feeds need; off: say so and go on',
    fallback: 'off',
    parse: parseSwitch,
  }),
  logLevel: setting({
    variable: 'HOLDFAST_LOG_LEVEL',
    meaning: `least severe log line that is written: ${LOG_LEVELS.join(', ')}`,
    fallback: 'info',
    parse: oneOf(LOG_LEVELS),
  }),
  cacheBytes: setting({
    variable: 'HOLDFAST_CACHE_BYTES',
    meaning: 'memory for decoded evidence, over all kinds, before the local store is asked',
    unit: 'bytes',
    fallback: String(64 * MIB),
    parse: integerBetween(MIB, 16 * 1024 * MIB),
  }),
  maxInFlight: setting({
    variable: 'HOLDFAST_MAX_IN_FLIGHT',
    meaning: 'calls that may wait for their answer at once, over all connections; more are refused',
    unit: 'calls',
    // About what one thread can answer in 50 ms, beyond which callers have given up.
    fallback: '1024',
    parse: integerBetween(1, 100_000),
  }),
} as const;

type SettingKey = keyof typeof SETTINGS;
type ValueOf<K extends SettingKey> = (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;

/** Settings that are off, or derived from another, when nothing is said. */
type OptionalKey = 'keysFile' | 'providersFile' | 'natsUrl';

/** How one setting came to its value. */
export interface SettingOrigin {
  readonly variable: string;
  readonly meaning: string;
  readonly unit: string | undefined;
  /** As it may be shown: credentials masked. Undefined: off. */
  readonly shown: string | undefined;
  readonly origin: 'env' | 'default';
}

/** Every setting, checked. Paths are absolute. */
export type Config = { readonly [K in Exclude<SettingKey, OptionalKey>]: ValueOf<K> } & {
  /** Where the keys of pseudonyms are; in the data folder unless said otherwise. */
  readonly keysFile: string;
  readonly providersFile: string | undefined;
  readonly natsUrl: ValueOf<'natsUrl'> | undefined;
  readonly origins: readonly SettingOrigin[];
};

export type ConfigResult =
  | { readonly kind: 'valid'; readonly config: Config }
  /** Every problem found, each a sentence that names its variable and never its value. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/**
 * Reads and checks all settings together. An empty variable counts as absent.
 *
 * @param env variables that do not begin with `HOLDFAST_` are left aside
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const problems: string[] = unknownVariables(env);
  const origins: SettingOrigin[] = [];

  function optional<T>(definition: Setting<T>): T | undefined {
    const given = env[definition.variable]?.trim() || undefined;
    const text = given ?? definition.fallback;
    origins.push({
      variable: definition.variable,
      meaning: definition.meaning,
      unit: definition.unit,
      shown: text === undefined ? undefined : (definition.mask?.(text) ?? text),
      origin: given === undefined ? 'default' : 'env',
    });
    if (text === undefined) return undefined;
    const parsed = definition.parse(text);
    if (parsed.kind === 'value') return parsed.value;
    problems.push(`${definition.variable} must be ${parsed.expected}`);
    return undefined;
  }

  const values = {
    grpcAddress: optional(SETTINGS.grpcAddress),
    opsAddress: optional(SETTINGS.opsAddress),
    dataDir: optional(SETTINGS.dataDir),
    policyFile: optional(SETTINGS.policyFile),
    audit: optional(SETTINGS.audit),
    reflection: optional(SETTINGS.reflection),
    feedAudience: optional(SETTINGS.feedAudience),
    feedStrict: optional(SETTINGS.feedStrict),
    logLevel: optional(SETTINGS.logLevel),
    cacheBytes: optional(SETTINGS.cacheBytes),
    maxInFlight: optional(SETTINGS.maxInFlight),
  };
  const givenKeysFile = optional(SETTINGS.keysFile);
  const providersFile = optional(SETTINGS.providersFile);
  const natsUrl = optional(SETTINGS.natsUrl);

  if (problems.length > 0 || !isComplete(values)) return { kind: 'invalid', problems };
  const keysFile = givenKeysFile ?? join(values.dataDir, 'keys.json');
  return { kind: 'valid', config: { ...values, keysFile, providersFile, natsUrl, origins } };
}

/** Whether every value is there. None is absent unless a problem has been noted for it. */
function isComplete<T extends Record<string, unknown>>(
  values: T,
): values is T & { readonly [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.values(values).every((value) => value !== undefined);
}

/** All settings with value, origin and meaning, for people (`table`) or programs (`json`). Holds no secret. */
export function describeConfig(config: Config, form: 'table' | 'json'): string {
  if (form === 'json') {
    const settings = config.origins.map(({ variable, shown, unit, origin, meaning }) => ({
      variable,
      value: shown ?? null,
      ...(unit === undefined ? {} : { unit }),
      origin,
      meaning,
    }));
    return JSON.stringify(settings, null, 2);
  }
  const rows = config.origins.map(({ variable, shown, unit, origin, meaning }) => {
    const value = shown === undefined ? '-' : unit === undefined ? shown : `${shown} ${unit}`;
    return [variable, value, origin, meaning];
  });
  return alignColumns([['VARIABLE', 'VALUE', 'FROM', 'MEANING'], ...rows]);
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A mistyped name would otherwise leave its setting at the default in silence. */
function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.values(SETTINGS).map(({ variable }): string => variable);
  return Object.keys(env)
    .filter((name) => name.startsWith('HOLDFAST_') && !known.includes(name))
    .sort()
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is not a setting${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
    });
}

/** Beyond this many single-character edits a suggestion confuses more than it helps. */
const MAX_SUGGESTION_EDITS = 4;

function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewestEdits = MAX_SUGGESTION_EDITS + 1;
  for (const candidate of known) {
    const edits = editDistance(name, candidate);
    if (edits < fewestEdits) {
      nearest = candidate;
      fewestEdits = edits;
    }
  }
  return nearest;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current[column] = Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

function value<T>(of: T): Parsed<T> {
  return { kind: 'value', value: of };
}

function wrong(expected: string): { readonly kind: 'wrong'; readonly expected: string } {
  return { kind: 'wrong', expected };
}

function parseAddress(text: string): Parsed<ListenAddress> {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return isAbsolute(path) ? value({ kind: 'unix', path }) : wrong('host:port or unix:/absolute/path');
  }
  const tcp = parseTcpAddress(text);
  return tcp.kind === 'value' ? tcp : wrong('host:port or unix:/absolute/path, with a port from 0 to 65535');
}

function parseTcpAddress(text: string): Parsed<TcpAddress> {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) return wrong('host:port with a port from 0 to 65535');
  return value({ kind: 'tcp', host, port });
}

function parsePath(text: string): Parsed<string> {
  return text.includes('\0') ? wrong('a path') : value(resolve(text));
}

function parseSwitch(text: string): Parsed<boolean> {
  if (text === 'on') return value(true);
  if (text === 'off') return value(false);
  return wrong('on or off');
}

function oneOf<const T extends string>(choices: readonly T[]): (text: string) => Parsed<T> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    return choice === undefined ? wrong(`one of ${choices.join(', ')}`) : value(choice);
  };
}

function integerBetween(min: number, max: number): (text: string) => Parsed<number> {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? value(number) : wrong(`a whole number from ${min} to ${max}`);
  };
}

function parseNatsUrl(text: string): Parsed<readonly string[]> {
  const servers = text.split(',').map((part) => part.trim());
  const expected = 'nats:// or tls:// URLs with a host, separated by commas';
  for (const server of servers) {
    const url = URL.parse(server);
    if (url === null || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '')
      return wrong(expected);
  }
  return value(servers);
}

/** Whatever stands before the host may be a password or a token, and what follows may be too. */
function maskCredentials(text: string): string {
  return text
    .split(',')
    .map((server) =>
      server
        .trim()
        .replace(/\/\/.*@/, '//***@')
        .replace(/[?#].*$/, ''),
    )
    .join(',');
}

function parseAudience(text: string): Parsed<string> {
  return /^[\x21-\x7e]{1,256}$/.test(text)
    ? value(text)
    : wrong('1 to 256 printable characters without spaces');
}
