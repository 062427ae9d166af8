#!/bin/sh
# Compares with the authors' engine for a short while, where that is installed (npm ci). Usage: differential.sh ANSWER
set -eu
cd "$(dirname "$0")"
if [ ! -d node_modules/@cedar-policy/cedar-wasm ]; then
  echo "skipped: run npm ci in tests/conformance to compare with the authors' engine"
  exit 77
fi
exec node differential.mjs "$1" --seconds "${CEDAR_DIFFERENTIAL_SECONDS:-20}"
