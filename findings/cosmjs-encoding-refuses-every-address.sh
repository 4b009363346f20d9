#!/usr/bin/env bash
# @cosmjs/encoding 0.39.0 refuses every address, if @scure/base is 2.3.0 or later.
#
# Its fromBech32(address, limit = Infinity) hands the limit on to bech32.decode, which from 2.3.0 on takes whole numbers
# only and throws before it looks at the address. The package asks for @scure/base ^2.0.0, so a fresh install gets such a
# one. normalizeBech32, which has no parameter for the limit, cannot be used at all; fromBech32 can, with a limit given.
#
# Seen on 2026-12-01 with Node 20.20:
#   @scure/base 2.2.0: read, cosmos
#   @scure/base 2.4.0: limit: expected safe integer, got Infinity
#   @scure/base 2.4.0 and a limit of 90: read, cosmos
# Exits with 1 if anything of this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/run.cjs" <<'JS'
const { fromBech32 } = require('@cosmjs/encoding');
const address = 'cosmos18wjzxww5caftcaqasq8z8r7y9hgprzzyrfyjql';
const limit = process.argv[2] === undefined ? [] : [Number(process.argv[2])];
try {
  console.log(`read, ${fromBech32(address, ...limit).prefix}`);
} catch (error) {
  console.log(error.message);
}
JS

seen=''
for version in 2.2.0 2.4.0; do
  mkdir "$folder/$version"
  (cd "$folder/$version" && npm init -y > /dev/null &&
    npm install --ignore-scripts --no-audit --no-fund --save-exact "@scure/base@$version" @cosmjs/encoding@0.39.0 > /dev/null)
  cp "$folder/run.cjs" "$folder/$version/"
  seen+="$version: $(node "$folder/$version/run.cjs")"$'\n'
done
seen+="2.4.0 with a limit: $(node "$folder/2.4.0/run.cjs" 90)"
echo "$seen"
[ "$seen" = "2.2.0: read, cosmos
2.4.0: limit: expected safe integer, got Infinity
2.4.0 with a limit: read, cosmos" ]
