#!/usr/bin/env bash
# One day in the demo facility, in a minute: people badge, some are refused, a candidate's phone goes into a Faraday
# locker before the interview floor opens to them, and the whole log is verified offline. Called by `./dev demo`.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${SALLYPORT_BIN:-$top/build/release/bin}
once=
[[ "${1:-}" == --once ]] && once=1

site=${SALLYPORT_DEMO_DIR:-$top/build/demo}
mkdir -p "$(dirname "$site")"
daemon=
stop() {
  [[ -z "$daemon" ]] || kill "$daemon" 2>/dev/null || true
  wait 2>/dev/null || true
}
trap stop EXIT
title() { printf '\n\033[1m%s\033[0m\n' "$*"; }

free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port() { if free "$1"; then echo "$1"; else python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; fi; }

rm -rf "$site"
"$bin/sallyport" init "$site" --demo --grpc-listen "127.0.0.1:$(port 7443)" --https-listen "127.0.0.1:$(port 8443)" >/dev/null
"$bin/sallyportd" --config "$site/sallyportd.yaml" --ready-file "$site/ready.json" 2>"$site/daemon.log" &
daemon=$!
until [[ -e "$site/ready.json" ]]; do
  kill -0 "$daemon" 2>/dev/null || { cat "$site/daemon.log" >&2; exit 1; }
  sleep 0.05
done

# Who acts: each with no more than their own role.
admin() { "$bin/sallyport" --profile "$site/client.yaml" "$@"; }
desk() { admin --token-file "$site/reception.token" "$@"; }
officer() { admin --token-file "$site/security-officer.token" "$@"; }
auditor() { admin --token-file "$site/auditor.token" "$@"; }
gateway() { "$bin/sallyport" --profile "$site/gateway.yaml" "$@"; }

# A badge at a reader; where it is granted the door opens, and its sensor says so.
badge() { # ACCESS_POINT CREDENTIAL-OPTIONS...
  local door=$1
  shift
  if gateway access authorize --access-point "$door" "$@" -o json | grep -q '"unlockSeconds": *[1-9]'; then
    gateway event record opened --access-point "$door" >/dev/null
  fi
}
quiet() { "$@" >/dev/null; }

title "Morning: three floors"
echo "Staff come in. Park's briefing has run out; after taking it again the research floor opens at once."
badge main-in --credential B-104 # Kim, reception
badge desk-in --credential B-104
badge main-in --credential B-101 # Han
badge main-in --credential B-107 # Park
badge f3-lab-in --credential B-107
quiet admin person brief park research-security
badge f3-lab-in --credential B-107
quiet admin person brief ryu research-security
badge main-in --credential B-108 # Ryu
badge f3-lab-in --credential B-108
badge f3-compute-in --credential B-107 # two people, either order
badge f3-compute-in --credential B-108
badge main-in --credential B-109 # Yoon: clearance
quiet admin person brief yoon research-security
badge f3-lab-in --credential B-109
badge main-in --credential B-110 # Baek: another project
quiet admin person brief baek research-security
badge f3-lab-in --credential B-110
badge f3-lab-in --credential B-101 # Han: no level there
badge main-in --credential C-1     # the lift technician, outside the maintenance window
badge main-in --card 77:12345      # nobody's card

title "A visit: the candidate's phone goes into the Faraday locker first"
quiet gateway event record self_test --detail L1
quiet desk visit create interview-1 --area interview --host han --candidate cho --start now --end +2h
badge main-in --credential V-1 # Cho, the candidate
badge f2-interview-in --credential V-1
quiet desk visit check-in interview-1 cho --document passport:4711 --visitor-badge V-1
quiet desk visit declare interview-1 cho --device "phone:black phone:no scratches" --confirmed-by signature
badge f2-interview-in --credential V-1
device=$(desk visit get interview-1 -o json | sed -n 's/.*"id": *"\([0-9A-HJKMNP-TV-Z]\{26\}\)".*/\1/p' | head -n 1)
quiet desk visit seal interview-1 "$device" --locker L1 --slot 4 --seal S-1001 --condition "no scratches" --acknowledged
quiet desk visit probe interview-1 "$device" --reading 700MHz=81 --reading 2.4GHz=78 --reading 5.8GHz=80 --instrument probe-7
quiet desk visit screen interview-1 cho --method wand --passed
quiet desk visit clear interview-1 cho --nda-signed
quiet officer facility area-state interview --blinds down
badge f2-interview-in --credential V-1 # alone: no
badge f2-interview-in --credential B-101
badge f2-interview-in --credential V-1 # beside the host: yes
quiet desk visit start interview-1 --host-badge B-101
quiet desk visit end interview-1
badge f2-interview-out --credential V-1
badge f2-interview-out --credential B-101
quiet desk visit release interview-1 "$device" --person cho --document passport:4711 --seal S-1001 --seal-intact \
  --locker L1 --slot 4 --condition "no scratches" --acknowledged --visitor-badge-returned
quiet desk visit close interview-1 --badges-returned
badge main-out --credential V-1
auditor event list --kind step --oldest-first --limit 0

title "The day's decisions"
auditor event list --kind decision --oldest-first --limit 0

title "Why? What the research floor would say to Park in 400 days, and what to do about it"
officer access explain --person park --access-point f3-lab-in --at +9600h | sed '/^$/,$d'

title "Proof"
auditor audit checkpoint
quiet auditor audit export --output "$site/day.jsonl"
"$bin/sallyport" audit verify "$site/day.jsonl" --vkey "$site/log.vkey"

if [[ -n "$once" ]]; then
  kill "$daemon"
  wait "$daemon"
  daemon=
  exit 0
fi
https=$(sed -n 's/.*"https": "\([^"]*\)".*/\1/p' "$site/ready.json")
title "The demo is running; Ctrl-C ends it"
cat <<TEXT
  $bin/sallyport --profile $site/client.yaml event watch
  $bin/sallyport --profile $site/client.yaml doctor
  curl --cacert $site/ca.crt -H "Authorization: Bearer \$(cat $site/admin.token)" -H 'Content-Type: application/json' \\
    -d '{}' https://$https/sallyport.operator.v1.OperatorService/WhoAmI
  log of the daemon: $site/daemon.log
TEXT
trap 'exit 0' INT
wait "$daemon"
