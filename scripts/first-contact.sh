#!/usr/bin/env bash
# Follows the README and the pages for exchanges, providers, analysts and operators word by word, on a fresh clone: runs the
# commands that they show and compares what is printed with what they say. Uses the pages' own ports: 50051, 9464, 4222.
#
# first-contact.sh [PAGE...]    only these, e.g. README.md docs/providers.md
set -euo pipefail
exec node "$(dirname "$0")/first-contact/main.mjs" "$@"
