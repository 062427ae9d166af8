#!/usr/bin/env bash
# Replays badge reads of the VAST Challenge 2016 building: starts a daemon of its own, sends every read through the gRPC
# stream as a gateway would, stops the daemon, verifies the log, and prints, one a line,
#   reads N
#   grant N
#   deny N
#   root HEX
# The same file gives the same root every time. usage: vast2016.sh READS.csv [--by-reason]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${SALLYPORT_BIN:-$here/../../build/release/bin}
reads=${1:?usage: vast2016.sh READS.csv [--by-reason]}
shift

work=$(mktemp -d)
daemon=
cleanup() {
  [[ -z "$daemon" ]] || kill "$daemon" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

site=$work/site
"$bin/sallyport" init "$site" --clock from-requests --seed 2016 >"$work/init.log"
cp "$here/vast2016-facility.yaml" "$site/facility.yaml"
grep -q '^facility:' "$site/sallyportd.yaml" || echo 'facility: facility.yaml' >>"$site/sallyportd.yaml"
"$bin/sallyportd" --config "$site/sallyportd.yaml" --grpc-listen 127.0.0.1:0 --https-listen 127.0.0.1:0 \
  --ready-file "$work/ready.json" 2>"$work/daemon.log" &
daemon=$!
until [[ -e "$work/ready.json" ]]; do
  kill -0 "$daemon" 2>/dev/null || { cat "$work/daemon.log" >&2; exit 1; }
  sleep 0.05
done
grpc=$(sed -n 's/.*"grpc": "\([^"]*\)".*/\1/p' "$work/ready.json")

"$bin/sallyport" --profile "$site/client.yaml" --server "$grpc" replay --reads "$reads" --map "$here/vast2016-map.yaml" "$@"
kill "$daemon"
wait "$daemon"
daemon=
"$bin/sallyport" audit verify "$site/data" --vkey "$site/log.vkey" >"$work/verify.log" || { cat "$work/verify.log" >&2; exit 4; }
awk '/^root/ {print "root", $NF}' "$work/verify.log"
