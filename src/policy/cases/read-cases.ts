import type { PolicyProblem } from '../policy-problem.js';
import { shapeCheck } from '../schema/check-shape.js';
import { readYaml } from '../text/yaml-source.js';
import type { CaseFileDocument } from './case-document.js';
import { CASE_SCHEMA } from './case-schema.js';

export type CaseFileResult =
  | { readonly kind: 'valid'; readonly document: CaseFileDocument }
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] };

const checkCaseShape = shapeCheck<CaseFileDocument>(CASE_SCHEMA);

/** Reads a file of cases. Pure. Reports all problems at once, with line and column. */
export function readCases(text: string): CaseFileResult {
  const yaml = readYaml(text);
  if (yaml.kind === 'invalid') return yaml;
  const shape = checkCaseShape(yaml.source);
  if (shape.kind === 'invalid') return shape;
  const problems: PolicyProblem[] = [];
  const names = new Set<string>();
  shape.document.cases.forEach((one, index) => {
    if (names.has(one.name)) {
      problems.push(yaml.source.problemAt(['cases', index, 'name'], `the case \`${one.name}\` comes twice`));
    }
    names.add(one.name);
    if (one.expect === undefined && one.expect_under === undefined) {
      problems.push(
        yaml.source.problemAt(['cases', index], 'expects nothing: give `expect` or `expect_under`'),
      );
    }
    const known = new Set([one.request?.email, shape.document.request?.email, ...(one.mailboxes ?? [])]);
    for (const signal of one.signals ?? []) known.add(signal.email);
    (one.provider_events ?? []).forEach((event, place) => {
      if (!known.has(event.email)) {
        const message = `no mailbox of this account is \`${event.email}\`; name it in \`request.email\` or \`mailboxes\``;
        problems.push(yaml.source.problemAt(['cases', index, 'provider_events', place, 'email'], message));
      }
    });
  });
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'valid', document: shape.document };
}
