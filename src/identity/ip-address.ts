import { isIPv4, isIPv6, SocketAddress } from 'node:net';

const MAPPED_IPV4 = /^::ffff:([0-9.]+)$/;

/**
 * One text for each IP address: IPv6 in RFC 5952's form, IPv4 inside IPv6 (`::ffff:192.0.2.1`) as IPv4.
 *
 * @returns undefined if the text is no IP address, or one with a zone, which means nothing beyond its own host
 */
export function normaliseIp(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const address = new SocketAddress({ address: text, family: 'ipv6' }).address;
  return MAPPED_IPV4.exec(address)?.[1] ?? address;
}
