/* The queue: a claim among 10,000 waiting runs, and claims beside 100 and 100,000 stored ones. */
#include "core/base/file.h"
#include "grader/store/queries.h"
#include "grader/store/store.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEAMS 200
#define CLAIMS 300
#define ROUNDS 3

struct bench {
    char dir[64];
    struct store *store;
    struct clock clock;
};

static void must(bool ok, const struct fault *why)
{
    if (ok)
        return;
    fprintf(stderr, "queue: %s\n", why->text);
    exit(1);
}

static void course_fill(struct bench *bench)
{
    static char names[TEAMS][16];
    struct store_team teams[TEAMS];
    struct store_task task = {
        .id = "t", .title = "T", .kind = "binary", .metric = "roc_auc", .detail = "{}"
    };
    struct fault why = { 0 };
    for (size_t i = 0; i < TEAMS; i++) {
        snprintf(names[i], sizeof names[i], "team-%03zu", i);
        teams[i] = (struct store_team){
            .id = names[i], .name = names[i], .pseudonym = names[i], .repository = ""
        };
    }
    struct store_course course = { .about = "{}",
                                   .version = "v",
                                   .files = "[]",
                                   .tasks = &task,
                                   .task_count = 1,
                                   .teams = teams,
                                   .team_count = TEAMS };
    must(store_course_set(bench->store, &course, &why), &why);
}

/* Runs made in bulk, as a term leaves them or a deadline brings them. */
static void runs_fill(struct bench *bench, const char *state, int64_t first, int64_t count)
{
    static const struct query queries[] = {
        { "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1 + ?2)"
          " INSERT INTO submission (id, team, task, deliverable, commit_id, ref, source,"
          " received_ms, pushed_ms, event_seq) SELECT printf('S%025d', i), printf('team-%03d',"
          " i % 200), 't', '', '', 'refs/heads/main', 'hand', i, 0, i FROM n" },
        { "INSERT INTO run (id, submission, state, verdict, step, message, detail, priority,"
          " created_ms, not_before_ms, started_ms, ended_ms, version, attempt, fence,"
          " lease_boot_ms, boot_id, deadline_boot_ms, receipt) SELECT 'R' || substr(id, 2), id, ?3,"
          " '', '', '', '', 0, received_ms, 0, 0, 0, '', 0, '', 0, '', 0, '' FROM submission WHERE"
          " event_seq >= ?1 AND event_seq < ?1 + ?2" },
    };
    char path[128];
    struct fault why = { 0 };
    snprintf(path, sizeof path, "%s/store.db", bench->dir);
    struct db *db = db_open(
        &(struct db_options){
            .path = path, .mode = DB_WRITE, .queries = queries, .query_count = 2 },
        &why);
    must(db && db_begin(db, &why) && db_run(db, NULL, &why, 0, "ii", first, count) &&
             db_run(db, NULL, &why, 1, "iiz", first, count, state) && db_commit(db, &why),
         &why);
    db_close(db);
}

static void bench_open(struct bench *bench, int64_t stored, int64_t waiting)
{
    struct fault why = { 0 };
    snprintf(bench->dir, sizeof bench->dir, "/tmp/holdout-bench-XXXXXX");
    must(mkdtemp(bench->dir) != NULL, &why);
    int dir = open(bench->dir, O_RDONLY | O_DIRECTORY);
    must(dir_make(dir, "sealed", 0700, &why), &why);
    close(dir);
    bench->clock = clock_system();
    bench->store = store_open(bench->dir, true, &bench->clock, &why);
    must(bench->store != NULL, &why);
    course_fill(bench);
    runs_fill(bench, "done", 1, stored);
    runs_fill(bench, "queued", stored + 1, waiting);
}

static void bench_close(struct bench *bench)
{
    struct fault why = { 0 };
    store_close(bench->store);
    dir_remove(AT_FDCWD, bench->dir, &why);
}

static bool receipt(void *at, const char *head, char digest[SHA256_HEX], struct fault *why)
{
    (void)at, (void)why;
    sha256_of(str_of(head), digest);
    return true;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Median microseconds of a claim, and of a claim with the finish of its run. */
static void measure(struct bench *bench, double *claim_us, double *both_us)
{
    double claims[CLAIMS], both[CLAIMS];
    for (size_t i = 0; i < CLAIMS; i++) {
        scoped_arena arena = arena_open(NULL);
        struct claiming how = { .version = "v", .deadline_ms = 60000, .per_team = 1, .slots = 2 };
        struct store_end end = { .state = "done",
                                 .verdict = "ok",
                                 .step = "",
                                 .message = "",
                                 .detail = "",
                                 .task = "t",
                                 .receipt = receipt };
        struct claim claim;
        struct fault why = { 0 };
        bool lost;
        int64_t from = clock_mono_us();
        must(store_claim(bench->store, arena, &how, &claim, &why), &why);
        int64_t claimed = clock_mono_us();
        must(store_finish(bench->store, &claim, &end, &lost, &why) && !lost, &why);
        claims[i] = (double)(claimed - from);
        both[i] = (double)(clock_mono_us() - from);
    }
    qsort(claims, CLAIMS, sizeof *claims, by_value);
    qsort(both, CLAIMS, sizeof *both, by_value);
    *claim_us = claims[CLAIMS / 2];
    *both_us = both[CLAIMS / 2];
}

static double smallest(double a, double b)
{
    return a < b ? a : b;
}

int main(int argc, char **argv)
{
    struct bench few, many;
    double claim_us = 1e9, few_us = 1e9, many_us = 1e9;
    bench_open(&few, 100, 10000);
    bench_open(&many, 100000, 10000);
    for (int round = 0; round < ROUNDS; round++) {
        double ignored, us;
        measure(&few, &us, &ignored);
        few_us = smallest(few_us, ignored);
        claim_us = smallest(claim_us, us);
        measure(&many, &us, &ignored);
        many_us = smallest(many_us, ignored);
    }
    bench_close(&few);
    bench_close(&many);
    double ratio = many_us / few_us;
    if (argc > 1 && strcmp(argv[1], "--json") == 0)
        printf("{\"rows\": [{\"name\": \"queue.claim_10000_us\", \"ours\": %.1f, \"target\": 1000, "
               "\"pass\": %s}, {\"name\": \"queue.stored_ratio\", \"ours\": %.3f, \"target\": 1.1, "
               "\"pass\": %s}]}\n",
               claim_us, claim_us < 1000 ? "true" : "false", ratio,
               ratio <= 1.1 ? "true" : "false");
    else
        printf("a claim among 10,000 waiting runs         %8.1f us   (target < 1000)\n"
               "claim + finish beside 100,000 stored runs %8.1f us, beside 100 %.1f us: ratio %.3f "
               "(target <= 1.1)\n",
               claim_us, many_us, few_us, ratio);
    return claim_us < 1000 && ratio <= 1.1 ? 0 : 1;
}
