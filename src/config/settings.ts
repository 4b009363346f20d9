import { fileURLToPath } from 'node:url';
import {
  integerBetween,
  maskCredentials,
  oneOf,
  type Parsed,
  parseAddress,
  parseAudience,
  parseHttpUrls,
  parseNatsUrl,
  parsePath,
  parsePushAddress,
  parseSwitch,
  parseTcpAddress,
} from './parse.js';

/** One `HOLDFAST_*` variable. */
export interface Setting<T> {
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

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MIB = 1024 * 1024;

/** The policy that comes with the package; the same relative place from `src/` and from `dist/`. */
export const PACKAGED_POLICY_FILE = fileURLToPath(new URL('../../policies/default.yaml', import.meta.url));

/** Every setting of the service. */
export const SETTINGS = {
  grpcAddress: setting({
    variable: 'HOLDFAST_GRPC_ADDRESS',
    meaning: 'where the gRPC services listen: host:port (port 0 takes a free one) or unix:/path',
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
  dataRequired: setting({
    variable: 'HOLDFAST_DATA_REQUIRED',
    meaning:
      'on: refuse a data folder that was never initialised, as an unmounted volume is (holdfast init makes one); off: make it at the first start',
    fallback: 'off',
    parse: parseSwitch,
  }),
  policyFile: setting({
    variable: 'HOLDFAST_POLICY_FILE',
    meaning:
      'a policy of your own; in file mode a valid change of the file becomes a revision, in api mode it is the first one. Not set: the packaged policy, of which a newer one waits in shadow until it is activated',
    fallback: PACKAGED_POLICY_FILE,
    parse: parsePath,
  }),
  policyMode: setting({
    variable: 'HOLDFAST_POLICY_MODE',
    meaning:
      'file: the policy file decides, and git keeps its history; api: revisions are made, activated and rolled back through PolicyService',
    fallback: 'file',
    parse: oneOf(['file', 'api']),
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
  unconfirmedClock: setting({
    variable: 'HOLDFAST_UNCONFIRMED_CLOCK',
    meaning:
      'serve: while the clock is not confirmed answers go on and say so; not-ready: readiness and health say no until it is',
    fallback: 'serve',
    parse: oneOf(['serve', 'not-ready']),
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
  natsMonitorUrl: setting({
    variable: 'HOLDFAST_NATS_MONITOR_URL',
    meaning:
      "monitoring ports of the broker's servers, http:// or https:// URLs, separated by commas; asked whether what is acknowledged is on disk; absent: that is not known",
    fallback: undefined,
    parse: parseHttpUrls,
    mask: maskCredentials,
  }),
  feedPushAddress: setting({
    variable: 'HOLDFAST_FEED_PUSH_ADDRESS',
    meaning:
      'where providers without NATS push events over HTTP (RFC 8935): a port on this machine alone, or host:port; absent: nowhere. Without TLS: put a proxy in front',
    fallback: undefined,
    parse: parsePushAddress,
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
  shadowCpuPercent: setting({
    variable: 'HOLDFAST_SHADOW_CPU_PERCENT',
    meaning:
      'how much of the thread that answers all candidates in shadow together may take; beyond it they leave assessments out and count them',
    unit: 'percent',
    // Two candidates decide all of 1,000 answers a second on 2 %; half of the tenth that shadows may cost an answer.
    fallback: '5',
    parse: integerBetween(1, 100),
  }),
} as const;
