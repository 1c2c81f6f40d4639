/*
 * The attacks on the box: one program each in tests/sandbox/hostile. Its first comments say what
 * must happen:
 *
 *     expect: VERDICT[|VERDICT] [ordinary: VERDICT] [signal=N] [exit=N] [keep=PATH] [files=N]
 *             [wall_ms=N] [cpu_ms=N] [raw] [twice] [kill] [open]
 *     cases: NUMBER... ; walls: WALL[,WALL] ... | none: REASON
 *
 * raw: the output is every byte, 16 times. twice: a second run must find nothing of the first.
 * kill: the launcher dies in the middle. open: an ordinary user without control groups cannot hold
 * it, as sandbox/README.md says. Walls with a comma stop the attack each: they are left out at once
 * and any of them alone must hold. Each list of them is one proof.
 */
#pragma once

#include "sandbox/box.h"

#define ATTACKS_MOST 160
#define PROOFS_MOST 4
#define CASES 105

struct attack {
    char name[64], expect[64], ordinary[64], keep[128];
    char walls[PROOFS_MOST][64];
    size_t wall_count;
    char reason[256]; /* without walls */
    int64_t signal, exit, files, wall_ms, cpu_ms;
    bool raw, twice, kill, open;
    int program; /* compiled, open for reading */
};

/* Who starts the launcher, and how. */
struct place {
    bool ordinary, ahead;
    const char *without; /* walls, inside a fence only; NULL: the launcher that everybody has */
    int program;         /* with `without`: tests/sandbox/without, open */
};

/* What an attack came to; in shared memory. */
struct outcome {
    bool done;
    enum box_verdict verdict;
    int64_t doors;     /* that it says it went through */
    int64_t kept;      /* files handed over */
    int64_t survivors; /* processes that outlived it */
    bool as_expected;
    char note[600]; /* what was not as expected; "" */
};

/* hostile_list.c */
size_t attacks_load(struct attack *attacks, const char *only, char *why, size_t why_size);
/* Each case 1 to CASES has an attack, or a row in tests/sandbox/hostile/README.md; else 0. */
int first_case_missing(const struct attack *attacks, size_t count, char *why, size_t why_size);

/* hostile_run.c: in a process of its own. */
struct seat; /* a launcher, and what it has between jobs */
struct seat *seat_open(const struct place *place, char *why, size_t why_size);
void seat_close(struct seat *seat);
void attack_run(struct seat *seat, const struct attack *attack, struct outcome *outcome);
/* Did it do what its walls must stop? */
bool is_witness(const struct attack *attack, const struct outcome *outcome);
/* Listeners and objects that no attack may find. */
#define BAIT_KEYS 0x62610000 /* of shared memory: and the next 65536 */
bool bait_open(char *why, size_t why_size);
void bait_close(void);

/*
 * hostile_fence.c: no attack runs with a wall left out but behind a fence that is never left out:
 * own control groups (memory, processes), own namespaces of every kind but users, the host's tree
 * read-only, a temporary one of 1 GiB, no capability over clock, modules, machine or devices.
 */
bool fence_possible(char *why, size_t why_size);
/* The attack with walls left out; by an ordinary user's launcher, or root's. */
void attack_prove(const struct attack *attack, const char *without, bool ordinary,
                  struct outcome *outcome);
size_t fences_left(void); /* control groups of this process's fences */
