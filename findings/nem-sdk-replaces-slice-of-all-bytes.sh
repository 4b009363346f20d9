#!/usr/bin/env bash
# Importing nem-sdk 1.6.11 replaces Uint8Array.prototype.slice for the whole process, by one that cannot count from the end.
#
# A copy of an old cryptographic library in it brings a "polyfill" along and installs it without asking whether the platform
# has the method. For a negative start it calls a `max` that does not exist, so bytes.slice(-4), by which most code for
# addresses takes a checksum, throws a ReferenceError in packages that have nothing to do with NEM; here in bs58check, which
# Bitcoin libraries use. Nothing says so at the import.
#
# Seen on 2026-12-01 with Node 20.20:
#   before: 3,4 ; 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa is read, 21 bytes
#   after: max is not defined ; max is not defined
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --ignore-scripts --no-audit --no-fund --save-exact nem-sdk@1.6.11 bs58check@4.0.0 > /dev/null 2>&1

cat > run.mjs <<'JS'
import bs58check from 'bs58check';

function attempt(what) {
  try {
    return what();
  } catch (error) {
    return error.message;
  }
}
const tell = (when) => {
  const end = attempt(() => Uint8Array.of(1, 2, 3, 4).slice(-2).join(','));
  const address = '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa';
  const read = attempt(() => `${address} is read, ${bs58check.decode(address).length} bytes`);
  console.log(`${when}: ${end} ; ${read}`);
};
tell('before');
await import('nem-sdk');
tell('after');
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = "before: 3,4 ; 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa is read, 21 bytes
after: max is not defined ; max is not defined" ]
