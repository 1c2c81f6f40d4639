# The tutorial, followed from nothing: every block of shell is run as it stands, the C program is built and run.
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
source=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/prefix/include" "$work/prefix/lib/pkgconfig" "$work/here"
cp core/holdout.h "$work/prefix/include"
cp "$BUILD"/lib/libholdout.so "$BUILD"/lib/libholdout.a "$work/prefix/lib"
ln -s libholdout.so "$work/prefix/lib/libholdout.so.0"
cp "$BUILD/lib/pkgconfig/holdout.pc" "$work/prefix/lib/pkgconfig"
cp tests/core/learn/people.csv "$work/here"
awk -v dir="$work" '/^```sh$/ { into = dir "/blocks"; next } /^```c$/ { into = dir "/here/share.c"; next }
    /^```/ { into = "" } into { print > into }' docs/tutorial.md
cd "$work/here" || exit 1
export PATH="$BUILD/bin:$PATH" PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig"

number=0 failed=0
check() {
    number=$((number + 1))
    if eval "$2" >"$work/log" 2>&1; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        tail -n 20 "$work/log" | sed 's/^/# /'
        failed=$((failed + 1))
    fi
}

check "every block of the tutorial works" 'sh -eu "$work/blocks" >"$work/said"'
check "the model beats the baseline" \
    'holdout-ml evaluate --truth truth.csv --pred predictions.csv --metric roc_auc --json | jq -e ".metrics.roc_auc.value > 0.55"'
check "the C program measured itself" 'grep -q "^roc_auc 0\.[0-9]* \[0\.[0-9]*, [01]\.[0-9]*\]$" "$work/said"'
check "its model has the feature that it made" 'holdout-ml describe --model share.holdout | grep -q "^  share .*number"'
check "the messages are those that it quotes" \
    'sed -n "s/^    \(holdout-ml pipeline: \)/\1/p; s/^    \(exit code \)/\1/p" "$source/docs/tutorial.md" >"$work/quoted" &&
     [ "$(wc -l <"$work/quoted")" = 3 ] && { holdout-ml pipeline train --base ml 2>&1 || echo "exit code $?"; } | diff "$work/quoted" -'
check "the header is C++ too" \
    'printf "#include <holdout.h>\nint main() { return holdout_version() == nullptr; }\n" >v.cc &&
     g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -o v v.cc $(pkg-config --cflags --libs holdout) && ./v'
check "the static library is enough as well" \
    'cc -o fixed share.c "$work/prefix/lib/libholdout.a" -I"$work/prefix/include" $(pkg-config --libs openblas libfyaml jansson libsodium zlib libzstd) -lm -lpthread && ./fixed'
check "the library exports its own names only" \
    '! nm -D --defined-only "$work/prefix/lib/libholdout.so" | grep -v " holdout_\| HOLDOUT_0$"'
check "the manual page is well-formed" 'mandoc -T lint -W warning "'"$source"'"/docs/holdout*.[18]'
echo "1..$number"
[ "$failed" -eq 0 ]
