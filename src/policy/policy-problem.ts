/** One thing that is wrong with a text. Policies and case files are refused with all of their problems at once. */
export interface PolicyProblem {
  /** Path in the document, e.g. `rules[3].points`; empty for the document itself. */
  readonly path: string;
  /** From 1; 0 if unknown. */
  readonly line: number;
  /** From 1; 0 if unknown. */
  readonly column: number;
  /** What is wrong and how to mend it, in lower case, with the author's own words in backticks. */
  readonly message: string;
}

/** A place in a document: keys and indices from the root. */
export type DocumentPath = readonly (string | number)[];

/** Writes a path the way people do: `rules[3].points`. */
export function formatPath(path: DocumentPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** `file:line:column: path: message`, as editors and CI logs link it. */
export function formatProblem(problem: PolicyProblem, file: string): string {
  const place = problem.line > 0 ? `${file}:${problem.line}:${problem.column}` : file;
  return problem.path === ''
    ? `${place}: ${problem.message}`
    : `${place}: ${problem.path}: ${problem.message}`;
}
