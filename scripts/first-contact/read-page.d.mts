export interface Step {
  readonly kind: 'run' | 'prints' | 'start' | 'write' | 'not run';
  /** An address, a file, or the reason. */
  readonly argument: string;
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

/** @throws Error that names page and line of commands that nobody speaks of, or of a comment that is not known */
export function readPage(markdown: string, page: string): Step[];

export function readTranscript(text: string): { readonly command: string; readonly prints: string }[];
