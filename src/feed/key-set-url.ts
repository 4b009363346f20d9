/** Longest address of a key set. */
const MAX_URL_LENGTH = 2048;

/** Names and addresses of this machine, as a URL writes them. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * What is wrong with the address of a key set; undefined if nothing is. Whoever can answer for it decides which keys
 * count, so it must be https, except on this machine.
 */
export function keySetUrlFault(text: string): string | undefined {
  const url = text.length <= MAX_URL_LENGTH ? parseUrl(text) : undefined;
  if (url === undefined) return `must be a URL of at most ${MAX_URL_LENGTH} characters`;
  // What is in a URL ends in logs.
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password';
  if (url.hash !== '') return 'must not have a fragment';
  return isSafe(url) ? undefined : 'must be https (http only on this machine)';
}

/** Where a key set's server sends us to instead; undefined where we may not go: another host, or an unsafe scheme. */
export function redirectTarget(from: string, location: string): string | undefined {
  const target = parseUrl(location, from);
  if (target === undefined || keySetUrlFault(target.href) !== undefined) return undefined;
  return target.host === new URL(from).host ? target.href : undefined;
}

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

function parseUrl(text: string, base?: string): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}
