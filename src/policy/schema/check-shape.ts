import type { ErrorObject, Options, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { DocumentPath, PolicyProblem } from '../policy-problem.js';
import { nearestWord } from '../text/nearest-word.js';
import { DURATION_PATTERN, MONEY_PATTERN, TIME_PATTERN } from '../text/quantities.js';
import type { YamlSource } from '../text/yaml-source.js';
import type { Schema } from './schema-parts.js';

export type ShapeResult<T> =
  | { readonly kind: 'valid'; readonly document: T }
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] };

/**
 * What a start waits for: our schemas are constants, which a test holds against the standard, and code that checks a page of
 * text once needs neither to be optimised nor to have each definition copied to all of its uses.
 */
const OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  validateSchema: false,
  meta: false,
  code: { optimize: false },
  inlineRefs: false,
};

/** Compiles a schema into a check that reports all problems of a document in sentences, each at its place. */
export function shapeCheck<T>(schema: Schema): (source: YamlSource) => ShapeResult<T> {
  let validate: ValidateFunction<T> | undefined;
  return (source) => {
    // Compiling takes a tenth of a second, so only those who read a document pay for it.
    validate ??= new Ajv2020(OPTIONS).compile<T>(schema);
    const value = source.value;
    if (validate(value)) return { kind: 'valid', document: value };
    return { kind: 'invalid', problems: toProblems(validate.errors ?? [], source) };
  };
}

function toProblems(errors: readonly ErrorObject[], source: YamlSource): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  for (const error of errors) {
    // The branches of "exactly one main key": the error of `oneOf` itself says it once.
    if (error.schemaPath.includes('/oneOf/')) continue;
    // `propertyNames` reports twice: the inner error names the rule, the outer one the key.
    if (error.propertyName !== undefined) continue;
    const path = pathOf(error.instancePath, source.value);
    const params: Readonly<Record<string, unknown>> = error.params;
    const extra = params['additionalProperty'] ?? params['propertyName'];
    if (typeof extra === 'string') {
      problems.push(source.problemAt([...path, extra], unknownKey(extra, error), 'key'));
    } else {
      problems.push(source.problemAt(path, sentence(error, params)));
    }
  }
  return problems;
}

function unknownKey(key: string, error: ErrorObject): string {
  if (error.keyword === 'propertyNames')
    return `\`${key}\` is not a name: lower case letters, digits and hyphens`;
  const properties: unknown = error.parentSchema?.['properties'];
  const known = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  const near = nearestWord(key, known);
  return near === undefined
    ? `unknown key \`${key}\`; known here: ${known.join(', ')}`
    : `unknown key \`${key}\`; did you mean \`${near}\`?`;
}

function sentence(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  const data: unknown = error.data;
  const shown = typeof data === 'object' ? '' : ` \`${String(data)}\``;
  switch (error.keyword) {
    case 'required':
      return `\`${String(params['missingProperty'])}\` is missing`;
    case 'dependentRequired':
      return `\`${String(params['property'])}\` needs \`${String(params['missingProperty'])}\` beside it`;
    case 'oneOf':
      return 'a condition looks for exactly one thing: signal, event, exposure, cohort, watch, ...';
    case 'enum': {
      const words = Array.isArray(params['allowedValues']) ? params['allowedValues'].map(String) : [];
      const near = typeof data === 'string' ? nearestWord(data, words) : undefined;
      return near === undefined
        ? `${shown.trim()} is not one of ${words.join(', ')}`
        : `${shown.trim()} is not known; did you mean \`${near}\`?`;
    }
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`;
    case 'pattern':
      return `${shown.trim()} does not fit: ${describe(error)}`;
    case 'type':
      return `must be ${String(params['type']).replace(',', ' or ')}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
      return `${shown.trim()} ${error.message ?? 'is out of range'}`;
    default:
      return error.message ?? 'does not fit';
  }
}

/** What the patterns that authors meet most ask for, in words. */
const FORMATS: ReadonlyMap<unknown, string> = new Map([
  [DURATION_PATTERN, 'a whole number and a unit: 90s, 15m, 48h, 14d'],
  [MONEY_PATTERN, 'an amount with at most two decimals'],
  [TIME_PATTERN, 'a time with a zone: 2026-03-01T00:00:00Z'],
]);

function describe(error: ErrorObject): string {
  const format = FORMATS.get(error.schema);
  if (format !== undefined) return format;
  const description: unknown = error.parentSchema?.['description'];
  return typeof description === 'string' ? description : (error.message ?? 'see the documentation');
}

/** A JSON pointer as a path; indices become numbers where the document has a list. */
function pathOf(pointer: string, root: unknown): DocumentPath {
  const path: (string | number)[] = [];
  let value: unknown = root;
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replace(/~1/g, '/').replace(/~0/g, '~');
    if (Array.isArray(value)) {
      path.push(Number(key));
      value = value[Number(key)];
    } else {
      path.push(key);
      value =
        typeof value === 'object' && value !== null
          ? Object.entries(value).find(([k]) => k === key)?.[1]
          : undefined;
    }
  }
  return path;
}
