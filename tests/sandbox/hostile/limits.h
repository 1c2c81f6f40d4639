/* The limits that every attack runs with: what goes beyond them is the witness of an open door. */
#pragma once

#define MIB (1 << 20)
#define LIMIT_PROCESSES 32
#define LIMIT_MEMORY (64 * MIB)
#define LIMIT_DISK (16 * MIB)
#define LIMIT_INODES 2000
#define LIMIT_INODES_OWN 600 /* of the box itself, beside the job's */
#define LIMIT_OUTPUT (MIB / 4)
#define LIMIT_FILES 512
#define LIMIT_STACK (8 * MIB)
#define LIMIT_KEEP (4 * MIB)

/* The kernel holds memory and disk together. */
#define BEYOND_MEMORY (LIMIT_MEMORY + LIMIT_DISK + MIB)
/* What still goes into a pipe while the killing takes its time. */
#define BEYOND_OUTPUT (LIMIT_OUTPUT + 32 * MIB)
#define BEYOND_MS 500 /* of the time limits */
