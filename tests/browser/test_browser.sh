#!/bin/bash
# The pages in headless Chromium; screenshots go to $BUILD/shots. Skipped, with a word, where there is no Chromium.
set -u
BUILD=${BUILD:-build}
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    echo "ok 1 - pages in Chromium # SKIP chromium or chromedriver is not installed"
    echo "1..1"
    exit 0
fi
dir=$(mktemp -d)
mkdir -p "$BUILD/shots"
mkfifo "$dir/sql" "$dir/answers"
python3 "$here/../web/store.py" "$dir/course" <"$dir/sql" >"$dir/answers" &
store=$!
exec 3>"$dir/sql" 4<"$dir/answers"
read -r ready <&4
"$BUILD/bin/holdout-web" "$dir/course" --listen 127.0.0.1:0 --port-file "$dir/port" >"$dir/log" 2>&1 &
web=$!
trap 'kill $web $store 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
for _ in $(seq 100); do [ -s "$dir/port" ] && break; sleep 0.05; done
PYTHONDONTWRITEBYTECODE=1 python3 "$here/pages.py" "http://127.0.0.1:$(cat "$dir/port")" "$BUILD/shots"
code=$?
[ "$code" -eq 0 ] || cat "$dir/log"
exit "$code"
