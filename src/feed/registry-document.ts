import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { readMailDomain } from '../identity/mail-domain.js';
import { OPERATORS } from '../identity/operator-table.js';
import { DEVIATIONS, type Deviation } from './deviations.js';
import { LIMIT_FIELDS, type ProviderLimits, readLimits } from './governor/limits.js';
import { ALGORITHMS, type Algorithm, MAX_KID_LENGTH } from './jwks.js';
import { keySetUrlFault } from './key-set-url.js';
import { type PushRegistration, readPushRegistration } from './push/registration.js';
import {
  type KeySetAddress,
  PROVIDER_ID_PATTERN,
  type RegistryProblem,
  SUBJECT_FORMATS,
  type SubjectFormat,
} from './registry.js';
import { FieldReader, type Place } from './yaml-fields.js';

/** A provider as written, checked field by field; the files it names are not read yet. */
export interface ProviderDeclaration {
  readonly id: string;
  readonly issuer: string;
  readonly audience?: string;
  readonly operator?: string;
  readonly domains: readonly string[];
  /** Its key set: a file, or an address. */
  readonly keySource: KeySource;
  readonly revokedKeys: readonly string[];
  readonly algorithms: readonly Algorithm[];
  readonly subjects: readonly SubjectFormat[];
  readonly pairKeysFile?: string;
  readonly heartbeatSeconds: number;
  readonly maxConfidence: number;
  readonly cohorts: 'own-domains' | 'none';
  readonly push?: PushRegistration;
  readonly deviations: readonly Deviation[];
  readonly limits: ProviderLimits;
  /** Where `jwks_file` and `pair_keys_file` are written, for problems with the files themselves. */
  readonly jwksPlace: Place;
  readonly pairKeysPlace: Place;
}

export type KeySource =
  | { readonly kind: 'file'; readonly file: string }
  | ({ readonly kind: 'url' } & KeySetAddress);

export interface RegistryDocument {
  readonly declarations: readonly ProviderDeclaration[];
  readonly problems: readonly RegistryProblem[];
}

const FIELDS = [
  'id',
  'issuer',
  'audience',
  'operator',
  'domains',
  'keys',
  'revoked_keys',
  'algorithms',
  'subjects',
  'pair_keys_file',
  'heartbeat_seconds',
  'max_confidence',
  'cohorts',
  'push',
  'deviations',
  ...LIMIT_FIELDS,
];

/** Every feed costs a look-up when states are computed; no deployment has more operators than this. */
const MAX_PROVIDERS = 256;

/** MaxMind's list of one operator's domains has about 400. */
const MAX_DOMAINS = 1000;

/** An issuer or an audience is a URL or a name; RFC 7519 sets no limit. */
const MAX_ISSUER_LENGTH = 512;

/** A day: a feed that may be silent longer cannot be told from a dead one. */
const MAX_HEARTBEAT_SECONDS = 86_400;

const DEFAULT_HEARTBEAT_SECONDS = 60;

/** More keys are not lost in the life of a deployment. */
const MAX_REVOKED_KEYS = 64;

/** Oftener would be a load on the provider; what is urgent is asked for when a key is missed, or revoked here. */
const MIN_REFRESH_SECONDS = 60;
/** A key that its provider took away counts for so long at most. */
const MAX_REFRESH_SECONDS = 86_400;
/** Key sets are usually served with a freshness of minutes to hours. */
const DEFAULT_REFRESH_SECONDS = 900;

/** Checks the text of HOLDFAST_PROVIDERS_FILE; reports every fault with its line and column. */
export function readRegistryDocument(text: string, file: string): RegistryDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: RegistryProblem[] = [];
  for (const error of [...document.errors, ...document.warnings]) {
    const { line, col } = lines.linePos(error.pos[0]);
    problems.push({ file, line, column: col, message: error.message });
  }
  if (problems.length > 0) return { declarations: [], problems };

  const placeOf = (node: Node | null | undefined): Place => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    return { line, column: col };
  };
  const report = (place: Place, message: string): void => {
    problems.push({ file, ...place, message });
  };
  const root = document.contents;
  const list = isMap(root) ? root.get('providers', true) : undefined;
  if (!isMap(root) || !isSeq(list)) {
    report(placeOf(root), '`providers` must be a list');
    return { declarations: [], problems };
  }
  for (const pair of root.items) {
    if (String(pair.key) !== 'providers') report(placeOf(root), `unknown field \`${String(pair.key)}\``);
  }
  if (list.items.length > MAX_PROVIDERS) report(placeOf(list), `more than ${MAX_PROVIDERS} providers`);

  const declarations: ProviderDeclaration[] = [];
  for (const item of list.items.slice(0, MAX_PROVIDERS)) {
    if (!isMap(item)) {
      report(placeOf(list), 'each provider must be a mapping');
      continue;
    }
    const declaration = readProvider(new FieldReader(item, placeOf, report));
    if (declaration !== undefined) declarations.push(declaration);
  }
  reportTwins(declarations, report);
  return { declarations, problems };
}

function readProvider(fields: FieldReader): ProviderDeclaration | undefined {
  fields.refuseOthers(FIELDS);
  const id = fields.text('id', (value) =>
    PROVIDER_ID_PATTERN.test(value) ? undefined : 'must be 1 to 32 of a-z, 0-9 and -',
  );
  const issuer = fields.text('issuer', nameFault);
  const audience = fields.has('audience') ? fields.text('audience', nameFault) : undefined;
  const operator = fields.has('operator') ? fields.text('operator', operatorFault) : undefined;
  const domains = (fields.has('domains') ? fields.texts('domains', MAX_DOMAINS, domainFault) : []).map(
    domainName,
  );
  if (!fields.has('operator') && !fields.has('domains')) {
    fields.fault('id', 'needs `operator` or `domains`: what this provider may speak of');
  }
  const keySource = readKeySource(fields);
  const revokedKeys = fields.has('revoked_keys')
    ? fields.texts('revoked_keys', MAX_REVOKED_KEYS, (kid) =>
        kid === '' || kid.length > MAX_KID_LENGTH
          ? `must hold key ids of 1 to ${MAX_KID_LENGTH} characters`
          : undefined,
      )
    : [];
  const algorithms = fields.has('algorithms') ? fields.words('algorithms', ALGORITHMS) : [...ALGORITHMS];
  const subjects: SubjectFormat[] = fields.has('subjects')
    ? fields.words('subjects', SUBJECT_FORMATS)
    : ['opaque'];
  const pairKeysFile = fields.has('pair_keys_file') ? fields.text('pair_keys_file') : undefined;
  if (subjects.includes('opaque') && !fields.has('pair_keys_file')) {
    fields.fault('id', 'needs `pair_keys_file`, since its subjects are `opaque`');
  }
  const heartbeatSeconds = fields.number(
    'heartbeat_seconds',
    1,
    MAX_HEARTBEAT_SECONDS,
    DEFAULT_HEARTBEAT_SECONDS,
  );
  const maxConfidence = fields.number('max_confidence', 0, 1, 1);
  const cohorts = fields.has('cohorts') ? fields.word('cohorts', ['own-domains', 'none'] as const) : 'none';
  const push = readPushRegistration(fields);
  const deviations = fields.has('deviations') ? fields.words('deviations', DEVIATIONS) : [];
  const limits = readLimits(fields);
  if (id === undefined || issuer === undefined || keySource === undefined || cohorts === undefined)
    return undefined;
  return {
    id,
    issuer,
    ...(audience === undefined ? {} : { audience }),
    ...(operator === undefined ? {} : { operator }),
    domains,
    keySource,
    revokedKeys,
    algorithms,
    subjects,
    ...(pairKeysFile === undefined ? {} : { pairKeysFile }),
    heartbeatSeconds,
    maxConfidence,
    cohorts,
    ...(push === undefined ? {} : { push }),
    deviations,
    limits,
    jwksPlace: fields.place('keys'),
    pairKeysPlace: fields.place('pair_keys_file'),
  };
}

function readKeySource(fields: FieldReader): KeySource | undefined {
  const keys = fields.map('keys');
  if (keys === undefined) return undefined;
  keys.refuseOthers(['jwks_file', 'jwks_url', 'refresh_seconds']);
  if (!keys.has('jwks_url')) {
    if (keys.has('refresh_seconds'))
      keys.fault('refresh_seconds', 'belongs to `jwks_url`: files are followed');
    const file = keys.text('jwks_file');
    return file === undefined ? undefined : { kind: 'file', file };
  }
  if (keys.has('jwks_file')) keys.fault('jwks_file', 'cannot stand beside `jwks_url`');
  const url = keys.text('jwks_url', keySetUrlFault);
  const seconds = keys.number(
    'refresh_seconds',
    MIN_REFRESH_SECONDS,
    MAX_REFRESH_SECONDS,
    DEFAULT_REFRESH_SECONDS,
  );
  return url === undefined ? undefined : { kind: 'url', url, refreshMs: seconds * 1000 };
}

function nameFault(value: string): string | undefined {
  return value.length > MAX_ISSUER_LENGTH ? `must have 1 to ${MAX_ISSUER_LENGTH} characters` : undefined;
}

/** A misspelt operator runs no mailbox: the feed would look well and bear on nobody. */
function operatorFault(value: string): string | undefined {
  const ids = OPERATORS.map(({ id }) => id);
  return ids.includes(value)
    ? undefined
    : `is none that is known (${ids.join(', ')}): name its \`domains\` instead`;
}

/** As the domains of addresses are read: one that is written otherwise would match none. */
function domainFault(text: string): string | undefined {
  const reading = readMailDomain(text);
  return reading.kind === 'valid' ? undefined : `\`${text}\` is not a domain: ${reading.cause}`;
}

function domainName(text: string): string {
  const reading = readMailDomain(text);
  return reading.kind === 'valid' ? reading.domain : text;
}

function reportTwins(
  declarations: readonly ProviderDeclaration[],
  report: (place: Place, message: string) => void,
): void {
  for (const field of ['id', 'issuer'] as const) {
    const seen = new Set<string>();
    for (const declaration of declarations) {
      const value = declaration[field];
      if (seen.has(value)) report(declaration.jwksPlace, `a second provider with the ${field} \`${value}\``);
      seen.add(value);
    }
  }
}
