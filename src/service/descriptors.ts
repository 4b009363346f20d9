import { readdirSync, readFileSync } from 'node:fs';

/** Kept back for what must be opened while serving: probes, the policy, keys, a checkpoint, stores after a failure. */
const RESERVED = 20;

/** Fewer connections than this are told as too few: exchanges have some, and those of others come and go. */
const WANTED_CONNECTIONS = 256;

/** What one service has open before it takes a connection: told where fewer are allowed than that. */
const LEAST_LIMIT = 56;

/** How many files and connections the process may have open, and what it has them for. */
export interface Descriptors {
  readonly limit: number;
  /** Open when the service was ready. */
  readonly open: number;
  readonly reserved: number;
  /** Left for connections of callers. */
  readonly connections: number;
  /** What `ulimit -n` should be at least. */
  readonly needed: number;
}

/** The process may open too few files to run at all. */
export class DescriptorsError extends Error {
  override readonly name = 'DescriptorsError';
  readonly code = 'DESCRIPTORS_TOO_FEW';
  constructor(limit: number) {
    super(
      `the process may have ${limit} files open and needs ${LEAST_LIMIT} to start, ${LEAST_LIMIT + WANTED_CONNECTIONS} to serve: raise \`ulimit -n\``,
    );
  }
}

/** @throws DescriptorsError when there are too few to start with */
export function requireDescriptors(): void {
  const limit = descriptorLimit();
  if (limit !== undefined && limit < LEAST_LIMIT) throw new DescriptorsError(limit);
}

/** Counts what is left for connections. Call it when all else is open. @returns undefined where the system does not tell */
export function countDescriptors(): Descriptors | undefined {
  const limit = descriptorLimit();
  const open = openDescriptors();
  if (limit === undefined || open === undefined) return undefined;
  return {
    limit,
    open,
    reserved: RESERVED,
    connections: Math.max(1, limit - open - RESERVED),
    needed: open + RESERVED + WANTED_CONNECTIONS,
  };
}

/** The soft limit, which Node raises to the hard one; undefined where there is no `/proc`, or no limit. */
function descriptorLimit(): number | undefined {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
