#!/bin/sh
# Runs the conformance cases, where there are some. Usage: run.sh PROGRAM SOURCE_DIR
set -eu
cases="${SALLYPORT_SHARED:-$2/../shared}/data/cedar-conformance"
if [ ! -d "$cases" ]; then
  echo "skipped: there are no cases in $cases"
  exit 77
fi
exec "$1" "$cases"
