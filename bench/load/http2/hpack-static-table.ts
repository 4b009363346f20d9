/** A header field, as HPACK (RFC 7541) carries it. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** In the order of RFC 7541, appendix A: the place in this text, from 1, is the index on the wire. */
const TEXT = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

/** Fields that both ends know beforehand; the first has index 1 on the wire. */
export const STATIC_TABLE: readonly HeaderField[] = TEXT.split('\n').map((line) => {
  const [name = '', ...value] = line.split(' ');
  return { name, value: value.join(' ') };
});
