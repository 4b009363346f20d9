#!/usr/bin/env bash
# @hiero-ledger/sdk 2.87.0: AccountId.fromString does not know the account again that AccountId.toEvmAddress wrote.
#
# Hedera writes account 0.0.1234 for EVM tools as 20 bytes, the number behind zeros ("long-zero"). AccountId.fromEvmAddress
# reads them as 0.0.1234; AccountId.fromString reads the same text, which it takes without complaint, as the alias of a key:
# account number 0, not equal to 0.0.1234. Who keeps accounts as text and compares them by the SDK has two for one.
#
# Seen on 2026-12-01 with Node 20.20:
#   written: 00000000000000000000000000000000000004d2
#   fromEvmAddress: 0.0.1234, equal: true
#   fromString: 0.0.00000000000000000000000000000000000004d2, number 0, equal: false
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --ignore-scripts --no-audit --no-fund --save-exact @hiero-ledger/sdk@2.87.0 > /dev/null 2>&1

cat > run.mjs <<'JS'
import { AccountId } from '@hiero-ledger/sdk';

const account = AccountId.fromString('0.0.1234');
const written = account.toEvmAddress();
const byEvm = AccountId.fromEvmAddress(0, 0, written);
const byText = AccountId.fromString(written);
console.log(`written: ${written}`);
console.log(`fromEvmAddress: ${byEvm}, equal: ${byEvm.equals(account)}`);
console.log(`fromString: ${byText}, number ${byText.num}, equal: ${byText.equals(account)}`);
process.exit(0);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = "written: 00000000000000000000000000000000000004d2
fromEvmAddress: 0.0.1234, equal: true
fromString: 0.0.00000000000000000000000000000000000004d2, number 0, equal: false" ]
