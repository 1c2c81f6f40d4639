#!/bin/sh
# The second compiler: everything builds with clang too, with warnings as errors.
cd "$(dirname "$0")/.." || exit 1
if make --no-print-directory -j2 CC=clang BUILD="${BUILD:-build}-clang" OPT=-O1 all >"${BUILD:-build}/clang.log" 2>&1; then
    echo "ok 1 - everything builds with clang without a warning"
else
    echo "not ok 1 - everything builds with clang without a warning"
    grep -E "error|warning" "${BUILD:-build}/clang.log" | head -n 20 | sed 's/^/#   /'
fi
echo "1..1"
