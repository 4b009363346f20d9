import { join } from 'node:path';
import { nearestName } from './nearest-name.js';
import { SETTINGS, type Setting } from './settings.js';

/** How one setting came to its value. */
export interface SettingOrigin {
  readonly variable: string;
  readonly meaning: string;
  readonly unit: string | undefined;
  /** As it may be shown: credentials masked. Undefined: off. */
  readonly shown: string | undefined;
  readonly origin: 'env' | 'default';
}

type SettingKey = keyof typeof SETTINGS;
type ValueOf<K extends SettingKey> = (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;

/** Settings that are off, or derived from another, when nothing is said. */
type OptionalKey = 'keysFile' | 'providersFile' | 'natsUrl' | 'natsMonitorUrl' | 'feedPushAddress';

/** Every setting, checked. Paths are absolute. */
export type Config = { readonly [K in Exclude<SettingKey, OptionalKey>]: ValueOf<K> } & {
  /** Where the keys of pseudonyms are; in the data folder unless said otherwise. */
  readonly keysFile: string;
  readonly providersFile: string | undefined;
  readonly natsUrl: ValueOf<'natsUrl'> | undefined;
  readonly natsMonitorUrl: ValueOf<'natsMonitorUrl'> | undefined;
  readonly feedPushAddress: ValueOf<'feedPushAddress'> | undefined;
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
    dataRequired: optional(SETTINGS.dataRequired),
    policyFile: optional(SETTINGS.policyFile),
    policyMode: optional(SETTINGS.policyMode),
    audit: optional(SETTINGS.audit),
    unconfirmedClock: optional(SETTINGS.unconfirmedClock),
    reflection: optional(SETTINGS.reflection),
    feedAudience: optional(SETTINGS.feedAudience),
    feedStrict: optional(SETTINGS.feedStrict),
    logLevel: optional(SETTINGS.logLevel),
    cacheBytes: optional(SETTINGS.cacheBytes),
    maxInFlight: optional(SETTINGS.maxInFlight),
    shadowCpuPercent: optional(SETTINGS.shadowCpuPercent),
  };
  const givenKeysFile = optional(SETTINGS.keysFile);
  const providersFile = optional(SETTINGS.providersFile);
  const natsUrl = optional(SETTINGS.natsUrl);
  const natsMonitorUrl = optional(SETTINGS.natsMonitorUrl);
  const feedPushAddress = optional(SETTINGS.feedPushAddress);

  if (problems.length > 0 || !isComplete(values)) return { kind: 'invalid', problems };
  const keysFile = givenKeysFile ?? join(values.dataDir, 'keys.json');
  return {
    kind: 'valid',
    config: { ...values, keysFile, providersFile, natsUrl, natsMonitorUrl, feedPushAddress, origins },
  };
}

/** Whether every value is there. None is absent unless a problem has been noted for it. */
function isComplete<T extends Record<string, unknown>>(
  values: T,
): values is T & { readonly [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.values(values).every((value) => value !== undefined);
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
