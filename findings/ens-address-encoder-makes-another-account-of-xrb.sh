#!/usr/bin/env bash
# @ensdomains/address-encoder 1.1.4 makes another account of a Nano address with its older prefix, xrb_.
#
# nano_ and xrb_ are two prefixes of one address; all of Nano's own tools read both. This package takes both, and cuts as
# many letters off xrb_ as off nano_: the key loses its first letter and has 31 bytes instead of 32. Written again it is a
# well-formed address, with a checksum that fits, of no account.
#
# Seen on 2026-12-01 with Node 20.20: the first account of Nano's ledger, by nano_ and by xrb_:
#   nano_: 32 bytes, written again nano_3t6k35gi95xu6tergt6p69ck76ogmitsa8mnijtpxm9fkcm736xtoncuohr3
#   xrb_: 31 bytes, written again nano_6k35gi95xu6tergt6p69ck76ogmitsa8mnijtpxm9fkcm736xt3ty7kyum
#   nanocurrency 2.5.0 reads one key from both
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --ignore-scripts --no-audit --no-fund --save-exact @ensdomains/address-encoder@1.1.4 nanocurrency@2.5.0 \
  > /dev/null 2>&1

cat > run.mjs <<'JS'
import { getCoderByCoinName } from '@ensdomains/address-encoder';
import { derivePublicKey } from 'nanocurrency';

const coder = getCoderByCoinName('nano');
const letters = '3t6k35gi95xu6tergt6p69ck76ogmitsa8mnijtpxm9fkcm736xtoncuohr3';
for (const prefix of ['nano_', 'xrb_']) {
  const bytes = coder.decode(`${prefix}${letters}`);
  console.log(`${prefix}: ${bytes.length} bytes, written again ${coder.encode(bytes)}`);
}
const isOne = derivePublicKey(`nano_${letters}`) === derivePublicKey(`xrb_${letters}`);
console.log(`nanocurrency reads one key: ${isOne}`);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = "nano_: 32 bytes, written again nano_3t6k35gi95xu6tergt6p69ck76ogmitsa8mnijtpxm9fkcm736xtoncuohr3
xrb_: 31 bytes, written again nano_6k35gi95xu6tergt6p69ck76ogmitsa8mnijtpxm9fkcm736xt3ty7kyum
nanocurrency reads one key: true" ]
