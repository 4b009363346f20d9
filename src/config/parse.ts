import { isAbsolute, resolve } from 'node:path';
import type { ListenAddress, TcpAddress } from './listen-address.js';

/** What a setting's text came to. */
export type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'wrong'; readonly expected: string };

function value<T>(of: T): Parsed<T> {
  return { kind: 'value', value: of };
}

function wrong(expected: string): { readonly kind: 'wrong'; readonly expected: string } {
  return { kind: 'wrong', expected };
}

export function parseAddress(text: string): Parsed<ListenAddress> {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return isAbsolute(path) ? value({ kind: 'unix', path }) : wrong('host:port or unix:/absolute/path');
  }
  const tcp = parseTcpAddress(text);
  return tcp.kind === 'value' ? tcp : wrong('host:port or unix:/absolute/path, with a port from 0 to 65535');
}

export function parseTcpAddress(text: string): Parsed<TcpAddress> {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) return wrong('host:port with a port from 0 to 65535');
  return value({ kind: 'tcp', host, port });
}

/** A bare port stands for this machine alone. */
export function parsePushAddress(text: string): Parsed<TcpAddress> {
  const tcp = parseTcpAddress(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text);
  return tcp.kind === 'value' ? tcp : wrong('a port from 0 to 65535, or host:port');
}

export function parsePath(text: string): Parsed<string> {
  return text.includes('\0') ? wrong('a path') : value(resolve(text));
}

export function parseSwitch(text: string): Parsed<boolean> {
  switch (text.toLowerCase()) {
    case 'on':
    case 'true':
    case '1':
      return value(true);
    case 'off':
    case 'false':
    case '0':
      return value(false);
    default:
      return wrong('on or off (or true, false, 1, 0)');
  }
}

export function oneOf<const T extends string>(choices: readonly T[]): (text: string) => Parsed<T> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    return choice === undefined ? wrong(`one of ${choices.join(', ')}`) : value(choice);
  };
}

export function integerBetween(min: number, max: number): (text: string) => Parsed<number> {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? value(number) : wrong(`a whole number from ${min} to ${max}`);
  };
}

export function parseNatsUrl(text: string): Parsed<readonly string[]> {
  return parseUrls(text, ['nats:', 'tls:']);
}

export function parseHttpUrls(text: string): Parsed<readonly string[]> {
  return parseUrls(text, ['http:', 'https:']);
}

function parseUrls(text: string, protocols: readonly [string, string]): Parsed<readonly string[]> {
  const urls = text.split(',').map((part) => part.trim());
  for (const part of urls) {
    const url = URL.parse(part);
    if (url === null || !protocols.includes(url.protocol) || url.hostname === '')
      return wrong(`${protocols.join('// or ')}// URLs with a host, separated by commas`);
  }
  return value(urls);
}

/** Whatever stands before the host may be a password or a token, and what follows may be too. */
export function maskCredentials(text: string): string {
  return text
    .split(',')
    .map((server) =>
      server
        .trim()
        .replace(/\/\/.*@/, '//***@')
        .replace(/[?#].*$/, ''),
    )
    .join(',');
}

export function parseAudience(text: string): Parsed<string> {
  return /^[\x21-\x7e]{1,256}$/.test(text)
    ? value(text)
    : wrong('1 to 256 printable characters without spaces');
}
