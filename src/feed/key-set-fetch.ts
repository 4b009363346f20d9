import type { DurationMs } from '../decision/vocabulary.js';
import { freshnessMs } from './key-set-schedule.js';
import { redirectTarget } from './key-set-url.js';

/** A set of 32 RSA keys has 20 KB. */
export const MAX_KEY_SET_BYTES = 65_536;

const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A validator of a web server is short; a longer one is not sent back. */
const MAX_ETAG_LENGTH = 256;

/** What a look at a key set on the web gave. Nothing of its content is believed yet. */
export type KeySetFetch =
  | { readonly kind: 'fetched'; readonly text: string; readonly etag?: string; readonly freshMs?: DurationMs }
  /** The same as what `etag` stands for. */
  | { readonly kind: 'not-modified'; readonly freshMs?: DurationMs }
  /** In words without anything of the answer. */
  | { readonly kind: 'failed'; readonly cause: string };

export interface KeySetFetchOptions {
  readonly url: string;
  /** Of the set that we have. */
  readonly etag: string | undefined;
  readonly timeoutMs: DurationMs;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** Fetches a key set, within bounds of time, size and place. Never rejects. */
export async function fetchKeySet(options: KeySetFetchOptions): Promise<KeySetFetch> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  try {
    return await follow(options, AbortSignal.any([deadline, options.signal]));
  } catch (error) {
    if (deadline.aborted) return failed(`no answer within ${options.timeoutMs} ms`);
    return failed(describeFault(error));
  }
}

async function follow({ url, etag }: KeySetFetchOptions, signal: AbortSignal): Promise<KeySetFetch> {
  const headers = {
    accept: 'application/jwk-set+json, application/json',
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
  };
  let address = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await fetch(address, { headers, redirect: 'manual', signal });
    if (!REDIRECTS.has(response.status)) return read(response, etag !== undefined);
    await response.body?.cancel();
    const target = redirectTarget(address, response.headers.get('location') ?? '');
    if (target === undefined) return failed('it redirects to another host, or to what is not https');
    address = target;
  }
  return failed(`it redirects more than ${MAX_REDIRECTS} times`);
}

async function read(response: Response, isConditional: boolean): Promise<KeySetFetch> {
  const freshMs = freshnessMs(response.headers.get('cache-control'), response.headers.get('age'));
  const freshness = freshMs === undefined ? {} : { freshMs };
  if (response.status === 304 && isConditional) return { kind: 'not-modified', ...freshness };
  if (response.status !== 200) {
    await response.body?.cancel();
    return failed(`it answers with status ${response.status}`);
  }
  const text = await readBounded(response);
  if (text === undefined) return failed(`it is larger than ${MAX_KEY_SET_BYTES} bytes`);
  const etag = response.headers.get('etag');
  const isUsable = etag !== null && etag.length <= MAX_ETAG_LENGTH;
  return { kind: 'fetched', text, ...(isUsable ? { etag } : {}), ...freshness };
}

/** Undefined if it is too large: counted as it comes, unpacked, so that neither a lie nor a bomb gets further. */
async function readBounded(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the rest.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_KEY_SET_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function failed(cause: string): KeySetFetch {
  return { kind: 'failed', cause };
}

/** `fetch failed` says nothing; the cause of it has a code. */
function describeFault(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'code' in cause) return `it cannot be reached: ${String(cause.code)}`;
  return `it cannot be reached: ${cause instanceof Error ? cause.name : 'unknown cause'}`;
}
