/* What the BOX steps share while they plan a job. */
#pragma once

#include "grader/pipeline.h"

/* CPU seconds that a step kind (build train sample predict serve-sample serve) may take per CPU. */
int64_t work_limit_s(const struct run *run, const char *kind);

/*
 * A new step of the planned job, with limits, environment, config files and its row in the store;
 * NULL and a fault. seed_at: 0 none, 1.. a hidden seed, -1 the first one once more.
 */
struct job_step *work_step_add(struct run *run, const char *kind, int seed_at, struct fault *why);

/* The image's variables in all steps planned so far, ours first; NULL: none. */
void work_env_of_image(struct run *run, const struct environment_image *image);

/* Run a shell command, as the team wrote it. */
void work_argv(struct run *run, struct job_step *step, struct str command);

bool work_input(struct job_step *step, const char *sha256, const char *at, unsigned mode,
                struct fault *why);
/* What an earlier step of the job kept, at the same paths. */
bool work_input_from(struct job_step *step, const char *from, struct fault *why);
/* A small file made for a box. */
bool work_file(struct run *run, struct job_step *step, struct str bytes, const char *at,
               struct fault *why);
/* The team's code: what the build left, else the snapshot. */
bool work_code(struct run *run, struct job_step *step, struct fault *why);
/* A file of the course's version into a channel, NAME.csv. */
bool work_channel(struct run *run, struct job_step *step, const char *folder, const char *name,
                  struct fault *why);

/*
 * The hidden seed by its place 1.. (-1: the first): a positive 31-bit number, fixed per task
 * version.
 */
bool work_seed(struct run *run, int seed_at, int64_t *seed, struct fault *why);
/* The digest of the bits that it is drawn from: tells nothing of it, but is the same again. */
bool work_seed_digest(struct run *run, int seed_at, char sha256[SHA256_HEX], struct fault *why);
/* The held-out rows as this seed's box sees them. */
bool work_heldout(struct run *run, int seed_at, struct heldout *out, struct fault *why);

/* The hidden seeds that the job of this round trains with, in order; returns how many. */
size_t work_seeds(const struct run *run, int out[RUN_SEEDS_MOST + 1]);
