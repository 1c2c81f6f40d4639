/*
 * Every attack of tests/sandbox/hostile: by root and by an ordinary user, in a box made for it and
 * in one made ahead, eight boxes at once; and the proofs, behind a fence, that it is its walls that
 * stop it. As TAP, or as a table with --table. HOSTILE=NAME runs one.
 */
#include "tests/sandbox/hostile.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define PLACES 4
#define WORKERS_EACH 2 /* so many boxes of one place at once: eight in all */
#define PROVERS 4
#define TRIALS_MOST 400

static const struct {
    const char *name;
    struct place place;
} places[PLACES] = {
    { "root", { .ordinary = false } },
    { "root, made ahead", { .ahead = true } },
    { "ordinary user", { .ordinary = true } },
    { "ordinary user, made ahead", { .ordinary = true, .ahead = true } },
};

static struct attack attacks[ATTACKS_MOST];
static size_t attack_count;
/* Walls left out: the attack must succeed; or all but one of them, and it must not. */
static struct proof {
    const struct attack *attack;
    size_t list; /* of its walls */
    char without[64];
    const char *stands; /* NULL: none of the list */
} proofs[TRIALS_MOST];
static size_t proof_count;
static bool is_root, fenced;
static char no_fence[256], host_before[4096], host_after[4096];
static struct { /* shared with the workers */
    size_t next[PLACES + 1];
    char trouble[PLACES][256];
    struct outcome verdicts[ATTACKS_MOST][PLACES];
    struct outcome proofs[TRIALS_MOST];
} * shared;

/* ---- what is to be proven ---- */

static void proof_add(const struct attack *attack, size_t list, const char *stands)
{
    struct proof *proof = &proofs[proof_count++];
    const char *walls = attack->walls[list];
    size_t len = 0;
    *proof = (struct proof){ .attack = attack, .list = list, .stands = stands };
    for (const char *at = walls; *at;) {
        size_t size = strcspn(at, ",");
        if (at != stands)
            len += (size_t)snprintf(proof->without + len, sizeof proof->without - len, "%s%.*s",
                                    len ? "," : "", (int)size, at);
        at += size + (at[size] == ',');
    }
}

static void proofs_list(void)
{
    for (size_t i = 0; i < attack_count; i++)
        for (size_t k = 0; k < attacks[i].wall_count; k++) {
            const char *walls = attacks[i].walls[k];
            proof_add(&attacks[i], k, NULL);
            for (const char *at = walls; strchr(walls, ',') && at; at = strchr(at, ','))
                proof_add(&attacks[i], k, at += *at == ',');
        }
}

static bool is_proven(const struct proof *proof)
{
    const struct outcome *outcome = &shared->proofs[proof - proofs];
    return outcome->done && is_witness(proof->attack, outcome) == !proof->stands;
}

/* ---- running all ---- */

/* Mixed: neighbours in the list are of one kind. */
static bool take(size_t queue, size_t count, size_t *at)
{
    size_t next = __atomic_fetch_add(&shared->next[queue], 1, __ATOMIC_SEQ_CST);
    *at = count ? (next * 37 + queue * 11) % count : 0;
    return next < count;
}

/* 37 must not divide the count, or some would be taken twice. */
static size_t round_up(size_t count)
{
    return count % 37 ? count : count + 1;
}

static void verdicts_work(size_t place)
{
    char *why = shared->trouble[place];
    struct seat *seat = seat_open(&places[place].place, why, sizeof shared->trouble[place]);
    size_t at;
    while (seat && take(place, round_up(attack_count), &at))
        if (at < attack_count)
            attack_run(seat, &attacks[at], &shared->verdicts[at][place]);
    if (seat)
        seat_close(seat);
}

static void proofs_work(size_t unused)
{
    size_t at;
    (void)unused;
    while (take(PLACES, round_up(proof_count), &at))
        if (at < proof_count)
            attack_prove(proofs[at].attack, proofs[at].without, false, &shared->proofs[at]);
}

static pid_t start(void (*work)(size_t), size_t at)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(at);
        _exit(0);
    }
    return pid;
}

static void run_all(void)
{
    pid_t workers[PLACES * WORKERS_EACH];
    size_t count = 0;
    for (size_t i = is_root ? 0 : 2; i < PLACES; i++)
        for (size_t k = 0; k < WORKERS_EACH; k++)
            workers[count++] = start(verdicts_work, i);
    while (count)
        waitpid(workers[--count], NULL, 0);
    for (size_t i = 0; fenced && i < PROVERS; i++)
        workers[count++] = start(proofs_work, i);
    while (count)
        waitpid(workers[--count], NULL, 0);
}

/* ---- the host ---- */

/* But for the bait of those who run the same at the same time. */
static size_t count_lines(const char *path)
{
    char text[4096];
    size_t count = 0;
    FILE *in = fopen(path, "re");
    while (in && fgets(text, sizeof text, in))
        count += strtol(text, NULL, 10) >> 16 != BAIT_KEYS >> 16;
    if (in)
        fclose(in);
    return count;
}

static void host_look(char *text, size_t size)
{
    static const char *const counted[] = { "/proc/self/mountinfo", "/proc/sysvipc/shm",
                                           "/proc/sysvipc/sem", "/proc/sysvipc/msg" };
    static const char *const read[] = { "/proc/sys/kernel/hostname",
                                        "/proc/sys/kernel/core_pattern" };
    size_t len = 0;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        len += (size_t)snprintf(text + len, size - len, "%s: %zu lines\n", counted[i],
                                count_lines(counted[i]));
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        char line[256] = "";
        FILE *in = fopen(read[i], "re");
        if (in && !fgets(line, sizeof line, in))
            line[0] = 0;
        if (in)
            fclose(in);
        len += (size_t)snprintf(text + len, size - len, "%s: %s", read[i], line);
    }
}

/* ---- as TAP ---- */

struct row {
    const struct outcome *outcome;
    size_t place;
    const struct proof *proof; /* or NULL */
    char title[256];
};

static void the_verdict_is_as_expected(void **state)
{
    const struct row *row = *state;
    const char *trouble = shared->trouble[row->place];
    if (!row->outcome->as_expected)
        print_error("%s: %s%s\n", row->title, row->outcome->note, trouble);
    assert_true(row->outcome->done);
    assert_true(row->outcome->as_expected);
}

static void its_walls_stop_it(void **state)
{
    const struct row *row = *state;
    const struct outcome *outcome = &shared->proofs[row->proof - proofs];
    if (!is_proven(row->proof))
        print_error("%s: not so (%s, %lld kept%s) %s\n", row->title,
                    box_verdict_name(outcome->verdict), (long long)outcome->kept,
                    outcome->done ? "" : ", not done", outcome->note);
    assert_true(is_proven(row->proof));
}

static void every_case_is_covered(void **state)
{
    char why[512] = "";
    (void)state;
    if (getenv("HOSTILE"))
        skip();
    int missing = first_case_missing(attacks, attack_count, why, sizeof why);
    if (missing)
        print_error("%s\n", why);
    assert_int_equal(missing, 0);
}

static void the_host_is_as_before(void **state)
{
    (void)state;
    assert_string_equal(host_after, host_before);
    assert_int_equal(fences_left(), 0);
}

/* Is the word in the program that lies at `name` beside the tests' folder? */
static bool holds(const char *name, const char *word)
{
    char path[4200];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 64);
    assert_true(len > 0);
    path[len] = 0;
    for (int i = 0; i < 3; i++)
        *strrchr(path, '/') = 0;
    snprintf(path + strlen(path), 64, "/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    assert_true(size > 0);
    char *bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(bytes != MAP_FAILED);
    bool found = memmem(bytes, (size_t)size, word, strlen(word)) != NULL;
    munmap(bytes, (size_t)size);
    close(fd);
    return found;
}

static void no_program_can_leave_walls_out(void **state)
{
    static const char *const words[] = { "WITHOUT", "pdeathsig" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_true(holds("tests/sandbox/without", words[i]));
        assert_false(holds("gen/sandbox/launcher", words[i]));
        assert_false(holds("bin/holdout-box", words[i]));
    }
}

static size_t rows_make(struct CMUnitTest *tests, struct row *rows)
{
    size_t count = 0;
    for (size_t p = is_root ? 0 : 2; p < PLACES; p++)
        for (size_t i = 0; i < attack_count; i++, count++) {
            rows[count] = (struct row){ &shared->verdicts[i][p], p, NULL, "" };
            snprintf(rows[count].title, sizeof rows[count].title, "%s: %.63s", places[p].name,
                     attacks[i].name);
            tests[count].test_func = the_verdict_is_as_expected;
        }
    for (size_t i = 0; fenced && i < proof_count; i++, count++) {
        const struct proof *proof = &proofs[i];
        rows[count] = (struct row){ &shared->proofs[i], 0, proof, "" };
        if (proof->stands)
            snprintf(rows[count].title, sizeof rows[count].title, "%.63s is stopped by %.*s alone",
                     proof->attack->name, (int)strcspn(proof->stands, ","), proof->stands);
        else
            snprintf(rows[count].title, sizeof rows[count].title, "%.63s succeeds without %.63s",
                     proof->attack->name, proof->without);
        tests[count].test_func = its_walls_stop_it;
    }
    for (size_t i = 0; i < count; i++) {
        tests[i].name = rows[i].title;
        tests[i].initial_state = &rows[i];
    }
    return count;
}

static int tell_tap(void)
{
    static struct CMUnitTest tests[ATTACKS_MOST * PLACES + TRIALS_MOST + 3];
    static struct row rows[ATTACKS_MOST * PLACES + TRIALS_MOST];
    const struct CMUnitTest others[] = {
        cmocka_unit_test(every_case_is_covered),
        cmocka_unit_test(the_host_is_as_before),
        cmocka_unit_test(no_program_can_leave_walls_out),
    };
    size_t count = rows_make(tests, rows);
    if (!fenced)
        print_message("# nothing is proven: %s\n", no_fence);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        tests[count++] = others[i];
    return _cmocka_run_group_tests("hostile", tests, count, NULL, NULL);
}

/* ---- as a table ---- */

static const char *verdict_text(const struct outcome *cold, const struct outcome *ahead, char *text,
                                size_t size)
{
    const char *one = box_verdict_name(cold->verdict), *two = box_verdict_name(ahead->verdict);
    if (!cold->done || !ahead->done)
        return "-";
    bool good = cold->as_expected && ahead->as_expected;
    snprintf(text, size, "%s%s%s%s", one, cold->verdict == ahead->verdict ? "" : "/",
             cold->verdict == ahead->verdict ? "" : two, good ? "" : " (WRONG)");
    return text;
}

static void proof_text(const struct attack *attack, const struct outcome *outcome, char *text,
                       size_t size)
{
    if (!fenced)
        snprintf(text, size, "not tried");
    else if (!is_witness(attack, outcome))
        snprintf(text, size, "STOPPED (%s)", box_verdict_name(outcome->verdict));
    else if (outcome->doors)
        snprintf(text, size, "%lld got through", (long long)outcome->doors);
    else if (outcome->kept)
        snprintf(text, size, "%lld kept", (long long)outcome->kept);
    else
        snprintf(text, size, "%lld left alive", (long long)outcome->survivors);
}

/* Without a name: a further line of the same attack. */
static void row_print(const char *name, const char *walls, const struct outcome *verdicts,
                      const char *without)
{
    char root[64] = "", ordinary[64] = "";
    printf("%-21s| %-27s| %-11s| %-13s| %s\n", name, walls,
           *name ? verdict_text(&verdicts[0], &verdicts[1], root, sizeof root) : "",
           *name ? verdict_text(&verdicts[2], &verdicts[3], ordinary, sizeof ordinary) : "",
           without);
}

static int table_attack(size_t at)
{
    const struct attack *attack = &attacks[at];
    const struct outcome *verdicts = shared->verdicts[at];
    char proof[64] = "";
    int bad = 0;
    for (size_t p = is_root ? 0 : 2; p < PLACES; p++) {
        if (verdicts[p].as_expected)
            continue;
        bad++;
        fprintf(stderr, "%s, %s: %s%s\n", attack->name, places[p].name, verdicts[p].note,
                shared->trouble[p]);
    }
    const char *first = attack->name;
    if (!attack->wall_count)
        row_print(first, "-", verdicts, attack->reason);
    for (size_t i = 0; i < proof_count; i++) {
        if (proofs[i].attack != attack)
            continue;
        if (fenced && !is_proven(&proofs[i]))
            bad++, fprintf(stderr, "%s without %s: %s\n", attack->name, proofs[i].without,
                           shared->proofs[i].note);
        if (proofs[i].stands)
            continue;
        proof_text(attack, &shared->proofs[i], proof, sizeof proof);
        row_print(first, proofs[i].without, verdicts, proof);
        first = "";
    }
    return bad;
}

static int tell_table(void)
{
    int bad = 0;
    printf("%-21s| %-27s| %-11s| %-13s| %s\n", "attack", "wall", "root", "ordinary user",
           "without the wall");
    for (size_t i = 0; i < attack_count; i++)
        bad += table_attack(i);
    if (strcmp(host_before, host_after) != 0 && ++bad)
        printf("the host was\n%sand is\n%s", host_before, host_after);
    bad += fences_left() > 0;
    printf("%zu attacks, %d not as expected%s%s\n", attack_count, bad, fenced ? "" : "; ",
           no_fence);
    return bad > 0;
}

int main(int argc, char **argv)
{
    char why[512] = "";
    is_root = geteuid() == 0;
    setenv("HOLDOUT_SECRET", "must not be seen", 1);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    attack_count = attacks_load(attacks, getenv("HOSTILE"), why, sizeof why);
    if (shared == MAP_FAILED || !attack_count || !bait_open(why, sizeof why)) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    proofs_list();
    fenced = fence_possible(no_fence, sizeof no_fence);
    host_look(host_before, sizeof host_before);
    run_all();
    host_look(host_after, sizeof host_after);
    bait_close();
    return argc > 1 && strcmp(argv[1], "--table") == 0 ? tell_table() : tell_tap();
}
