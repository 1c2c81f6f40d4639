#!/bin/sh
# holdout-web as its clients meet it: tests/web/wire.py over real sockets.
PYTHONDONTWRITEBYTECODE=1 exec timeout 120 python3 "$(dirname "$0")/wire.py" "${BUILD:-build}/bin/holdout-web"
