#!/bin/sh
# The command holdout-box: what it prints, its exit codes, bad input; as root and as an ordinary user.
box=$BUILD/bin/holdout-box
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
count=0 bad=0

ok() { # ok NAME CONDITION...
    name=$1
    shift
    count=$((count + 1))
    if "$@"; then
        echo "ok $count - $name"
    else
        bad=1
        echo "not ok $count - $name"
        cat "$dir/out" "$dir/err" | head -c 1500
    fi
}
run() { # run ARGS...: fills code, out, err
    "$box" run --allow-degraded "$@" >"$dir/out" 2>"$dir/err"
    code=$?
}
field() { jq -r ".$1" "$dir/err"; }
is() { [ "$1" = "$2" ] || { echo "# got \"$1\", expected \"$2\""; false; }; }
says() { [ "$code" = 64 ] && grep -qF -- "$1" "$dir/err"; }

run --wall-s 5 --cpu-s 2 --memory-mb 128 --pids 32 --disk-mb 64 -- /usr/bin/python3 -c 'print(6 * 7)'
ok "stdout passes through" is "$(cat "$dir/out")" 42
ok "the report is one line" is "$(wc -l <"$dir/err")" 1
ok "the verdict is ok" is "$(field verdict)" ok
ok "the exit code is 0" is "$code" 0
ok "layers are a list" is "$(field 'layers | index("seccomp") != null')" true

run -- /bin/sh -c 'exit 3'
ok "an exit code is in the report" is "$(field verdict) $(field exit_code) $code" "exit 3 0"
run -- /bin/sh -c 'kill -SEGV $$'
ok "a signal is in the report" is "$(field verdict) $(field signal) $code" "signal 11 0"
run --wall-s 0.3 -- /usr/bin/sleep 60
ok "the wall limit holds" is "$(field verdict) $(field 'wall_us < 2000000')" "wall true"
run -- /not/there
ok "a missing command is a report" is "$(field verdict) $(field exec_errno) $code" "exit 2 0"
mkdir "$dir/bad"
cp /usr/bin/true "$dir/bad/plain" && chmod 644 "$dir/bad/plain"
head -c 100 /usr/bin/true >"$dir/bad/short"
sed 's|/lib64/ld-linux|/lib64/no-linux|' /usr/bin/true >"$dir/bad/loader"
echo 'echo hello' >"$dir/bad/script"
: >"$dir/bad/empty"
ln -s loop "$dir/bad/loop"
chmod 755 "$dir/bad" "$dir/bad/short" "$dir/bad/loader" "$dir/bad/script" "$dir/bad/empty"
for pair in plain:13 short:8 loader:2 script:8 empty:8 loop:40 .:13; do
    run --ro "$dir/bad:/srv/bad" -- "/srv/bad/${pair%:*}"
    ok "a bad program is a report with its reason: ${pair%:*}" is \
        "$(field verdict) $(field exec_errno) $(field 'message | test("could not be executed: ")') $code" "exit ${pair#*:} true 0"
done
big=$(head -c 105000 /dev/zero | tr '\0' x)
run -- /usr/bin/true "$big" "$big" "$big" "$big" "$big" "$big" "$big" "$big" "$big" "$big"
ok "arguments of a megabyte pass" is "$(field verdict) $code" "ok 0"
run --stack-mb 1 -- /usr/bin/true "$big" "$big" "$big" "$big" "$big" "$big" "$big" "$big" "$big" "$big"
ok "and are a report where the stack is small" is "$(field verdict) $(field exec_errno) $code" "exit 7 0"
run --report "$dir/report" -- /usr/bin/true
ok "the report goes to a file" is "$(jq -r .verdict "$dir/report")$(cat "$dir/err")" ok

mkdir "$dir/shown" && echo here >"$dir/shown/file" && chmod 755 "$dir/shown"
run --ro "$dir/shown:/srv/x" -- /usr/bin/cat /srv/x/file
ok "--ro shows a directory elsewhere" is "$(cat "$dir/out")" here
run --ro "$dir/shown" -- /usr/bin/cat "$dir/shown/file"
ok "--ro shows it at the same path" is "$(cat "$dir/out")" here
run --ro "$dir/shown:/srv/x" -- /bin/sh -c 'touch /srv/x/new 2>/dev/null'
ok "--ro is read-only" is "$(field verdict)$([ -e "$dir/shown/new" ] && echo new)" exit
mkdir "$dir/kept"
run --dir /opt/out --keep /opt/out --keep-to "$dir/kept" -- /bin/sh -c 'echo kept > /opt/out/file'
ok "--keep collects" is "$(cat "$dir/kept/opt/out/file")" kept

run --wall-s 0 -- /usr/bin/true
ok "a limit of zero" says '--wall-s was "0", allowed is a number from 0.001 to 604800'
run --memory-mb -5 -- /usr/bin/true
ok "a negative limit" says '--memory-mb was "-5", allowed is a number from 8 to 1048576'
run --pids 99999999 -- /usr/bin/true
ok "a limit above what can be" says '--pids was "99999999", allowed is a whole number from 1 to 32768'
run --memory-mb 1048576 -- /usr/bin/true
ok "more memory than the machine has" says 'the limit of memory in bytes is 1099511627776, this machine has '
run --disk-mb 1048576 -- /usr/bin/true
ok "more disk than the machine has" says 'the limit of disk in bytes is 1099511627776, this machine has '
run --cpus 1024 -- /usr/bin/true
ok "more cores than the machine has" says 'the limit of CPU share in thousandths is 1024000, this machine has '
run --memory-mb 12x -- /usr/bin/true
ok "a limit that is no number" says '--memory-mb was "12x", allowed is a number'
for pair in wall-s:0.0004 cpu-s:38707201 memory-mb:7.9 pids:1.5 disk-mb:0.9 inodes:63 output-kb:0 files:7 \
    stack-mb:0.06 cpus:1025 keep-mb:1048577 uid:0 uid:4294967296; do
    run --${pair%:*} ${pair#*:} -- /usr/bin/true
    ok "--${pair%:*} ${pair#*:} is refused in its own unit" says "--${pair%:*} was \"${pair#*:}\", allowed is a"
done
run --wall-s 604800 --cpu-s 0.5 --memory-mb 8 --pids 32768 --disk-mb 1 --inodes 64 --output-kb 0.001 --files 8 \
    --stack-mb 0.0625 --cpus 0 --keep-mb 0 -- /usr/bin/true
ok "the ends of the ranges are allowed" is "$code" 0
run --walls 5 -- /usr/bin/true
ok "a mistyped option" says 'unknown option "--walls", did you mean "--wall-s"'
run --wall-s
ok "an option without its value" says "--wall-s needs a value"
"$box" runn >"$dir/out" 2>"$dir/err"
code=$?
ok "a mistyped command" says 'unknown command "runn", did you mean "run"'
run --ro /not/there -- /usr/bin/true
ok "a mount that is not there" says "/not/there: No such file or directory"
run --root /etc/passwd -- /usr/bin/true
ok "a file where a directory is needed" says "/etc/passwd: Not a directory"
run --ro "$dir/shown/file/below" -- /usr/bin/true
ok "a mount beneath a file" says "/shown/file/below: Not a directory"
run --root /not/there -- /usr/bin/true
ok "a root that is not there" says "/not/there: No such file or directory"
run --dir /opt/out --keep /opt/out --keep-to /not/there -- /usr/bin/true
ok "a folder for kept files that is not there" says "/not/there: No such file or directory"
run --dir /opt/out --keep /opt/out --keep-to /etc/passwd -- /usr/bin/true
ok "a file in place of that folder" says "/etc/passwd: Not a directory"
run --report /not/there/report -- /usr/bin/true
ok "a report that cannot be written" says "/not/there/report: No such file or directory"
run --cwd relative -- /usr/bin/true
ok "a relative working directory" says 'working directory "relative" is not a plain absolute path'
run -- ""
ok "an empty command" says "no command"
run --cwd /not/there -- /usr/bin/true
ok "a working directory that is not there" is "$(field verdict) $(field message) $code" \
    "internal could not enter the working directory: No such file or directory 0"
run --ro /usr:relative -- /usr/bin/true
ok "a mount at a relative path" says 'bind "relative" is not a plain absolute path'
run --nonsense -- /usr/bin/true
ok "an unknown option" says "--nonsense"
run
ok "no command" says "no command"
"$box" >"$dir/out" 2>"$dir/err"
ok "no subcommand is a usage error" is "$?" 64
"$box" run --help >"$dir/out" 2>"$dir/err"
ok "help is there, with an example" is "$?$(grep -c '^example:' "$dir/out")" 01
grep -o '^  --[a-z-]*' "$dir/out" | tr -d ' ' | sort >"$dir/options"
sed -n 's/^\.It Fl -\([a-z-]*\).*/--\1/p' docs/holdout-box.8 | sort >"$dir/manual"
ok "help and the manual have the same options" diff "$dir/options" "$dir/manual"
"$box" run --report "$dir/report" --allow-degraded -- /usr/bin/true
jq -r 'keys_unsorted[]' "$dir/report" | sort >"$dir/fields"
sed -n '/^\.Sh THE REPORT/,/^\.Ss Verdicts/s/^\.It Va //p' docs/holdout-box.8 | tr -d ' ' | tr , '\n' | sort >"$dir/manual"
ok "the report and the manual have the same fields" diff "$dir/fields" "$dir/manual"
"$box" doctor >"$dir/out" 2>"$dir/err"
ok "doctor says what is there" is "$?$(grep -c 'system call filter' "$dir/out")" 01

# the program that starts the box is the host's, and an ordinary user's own: runc once let boxes overwrite it
reach='import os
for path in ["/proc/1/exe", "/proc/%d/exe" % os.getppid()]:
    for how in [os.O_RDONLY, os.O_WRONLY, os.O_PATH]:
        try:
            os.open(path, how)
            print("got through:", path, how)
        except OSError:
            pass'
mkdir "$dir/exe"
printf '#!/proc/self/exe\n' >"$dir/exe/script"
cp "$box" "$dir/own" && chmod 755 "$dir/exe" "$dir/exe/script"
whole() { cmp "$box" "$dir/own"; }
for who in root user; do
    as="setpriv --reuid 65534 --regid 65534 --clear-groups"
    if [ "$(id -u)" != 0 ] || [ $who = root ]; then as=; fi
    [ -z "$as" ] || chown 65534:65534 "$dir/own"
    $as "$dir/own" run --allow-degraded -- /usr/bin/python3 -c "$reach" >"$dir/out" 2>"$dir/err"
    ok "the launcher's program cannot be reached ($who)" is "$(field verdict) $(cat "$dir/out")" "ok "
    $as "$dir/own" run --allow-degraded --ro "$dir/exe:/srv/exe" -- /srv/exe/script --version \
        >"$dir/out" 2>"$dir/err"
    ok "nor started in the box by a script ($who)" is \
        "$(field verdict) $(field exec_errno) $(cat "$dir/out")" "exit 13 "
    ok "it is as it was ($who)" whole
done

if [ "$(id -u)" = 0 ]; then
    cp "$box" "$dir/box"
    setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/box" run -- /usr/bin/true \
        >"$dir/out" 2>"$dir/err"
    code=$?
    ok "an ordinary user without groups is refused" is "$(field verdict) $code" "internal 0"
    setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/box" run --allow-degraded -- \
        /usr/bin/id -u >"$dir/out" 2>"$dir/err"
    ok "and runs a degraded box" is "$(field verdict) $(cat "$dir/out") $(field degraded)" "ok 1000 true"
fi
echo "1..$count"
exit $bad
