/** One shell for a page, so that what a reader sets stays set. Ends with all that it started. */
export class Shell {
  constructor(folder: string, env: Readonly<Record<string, string>>);
  /** @returns what was printed, and the exit code of the last command that failed, or 0 */
  run(command: string): Promise<{ readonly printed: string; readonly code: number }>;
  close(): Promise<void>;
}
