#!/bin/sh
# A short selection of the fault harness: processes killed, a power cut, clocks, a reboot; see tests/faults.
. tests/flows/lib.sh

seed=$("$PYTHON" -c 'import random; print(random.SystemRandom().randrange(1000000))')
echo "# seed $seed"
struck() { BUILD=$BUILD tests/faults/run --short --moments 6 --seed "$seed" --only "$1"; }
check "processes killed at random moments: every run ends once, boards are the same" struck "any process"
check "what was not synced is lost with the power, and nothing that was acknowledged" struck power
check "clocks jump by an hour and nobody notices" struck "clock jumps"
if [ "$(id -u)" -eq 0 ]; then
    check "a machine that starts again under another boot id goes on" struck reboot
else
    skip "a machine that starts again under another boot id goes on" "not root"
fi
finish
