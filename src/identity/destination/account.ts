/** An account as a network knows it, read from one of its spellings. */
export interface ReadAccount {
  /**
   * One text for each account, whatever its spelling: a kind and bytes in hex, or a name. Unique within `family`, or within
   * the network's own family if that is absent.
   */
  readonly account: string;
  /** Another family than the network's own: an EVM account on a network that has accounts of its own beside. */
  readonly family?: string;
  /** A tag that the address itself carries. */
  readonly tag?: string;
  /** The address says that it carries none. */
  readonly noTag?: true;
  /**
   * What else the address shows of who holds it: accounts with one such text are likely one person's. Evidence, and never
   * identity: see `DestinationReading.links`.
   */
  readonly links?: readonly string[];
  /** A name that its owner can point elsewhere: never trusted. */
  readonly isName?: true;
}

/** Reads one spelling; undefined if it is none of the network's. Never throws. */
export type AccountReader = (text: string) => ReadAccount | undefined;

/** An account of one kind. */
export function accountOf(kind: string, bytes: Uint8Array): ReadAccount {
  return { account: `${kind}:${hexOf(bytes)}` };
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** The first reader that can read the text. */
export function firstOf(...readers: readonly AccountReader[]): AccountReader {
  return (text) => {
    for (const read of readers) {
      const account = read(text);
      if (account !== undefined) return account;
    }
    return undefined;
  };
}

/** Names of accounts that follow one pattern, in lower case. */
export function nameReader(pattern: RegExp): AccountReader {
  return (text) => {
    const name = text.toLowerCase();
    return pattern.test(name) ? { account: `name:${name}` } : undefined;
  };
}
