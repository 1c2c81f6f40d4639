#!/bin/sh
# Webhooks as forges deliver them, and floods of them: tests/web/hooks.py over real sockets.
PYTHONDONTWRITEBYTECODE=1 exec timeout 120 python3 "$(dirname "$0")/hooks.py" "${BUILD:-build}/bin/holdout-web"
