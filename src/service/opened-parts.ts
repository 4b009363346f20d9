/** What a start has opened so far. A start that fails closes it again, so that the next try finds nothing in use. */
export class OpenedParts {
  readonly #closers: (() => unknown)[] = [];

  /** @param close ends the part; may return a promise */
  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Closes all parts, the newest first. Never rejects: the failure that led here is the one to hear of. */
  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch {
        // The part is given up; the others are still to be closed.
      }
    }
  }
}
