/* What only some compilers can do, under one name each; nothing where they cannot. */
#pragma once

/*
 * CLONED_V3, CLONED_V4: the function is compiled for several x86-64 levels, and the processor picks
 * one when the program starts. Products may be contracted, so that sums of them differ in the last
 * bits from one level to another. Clang 14 has no such thing, and gcc's sanitizers do not stand
 * ready when the picking is done.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CLONED_V3 __attribute__((target_clones("default", "arch=x86-64-v3")))
#define CLONED_V4 __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CLONED_V3
#define CLONED_V4
#endif

/* In front of a loop of at most 8 rounds, whose number the compiler knows. */
#ifdef __clang__
#define UNROLLED _Pragma("unroll")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif
