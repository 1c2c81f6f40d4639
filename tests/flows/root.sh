# Sourced, not run: the smallest root that a box can have.

# in $1: /bin/sh and the C library
root_make() {
    mkdir -p "$1/bin" "$1/usr" "$1/tmp" "$1/etc"
    for file in $(ldd /bin/sh | grep -o '/[^ ]*') \
        $(ldd "$BUILD/bin/holdout-ml" | grep -o '/[^ ]*/\(libc\|libm\|ld-linux[^/]*\|libgcc_s\|libpthread\)\.so[^ ]*'); do
        mkdir -p "$1$(dirname "$file")"
        cp -L "$file" "$1$file"
    done
    cp -L /bin/sh "$1/bin/sh"
    chmod -R a+rX "$1"
}
