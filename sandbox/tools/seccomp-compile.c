/*
 * Build tool: compiles sandbox/syscalls.allow and sandbox/syscalls.launcher into two BPF filters,
 * printed as C arrays: the outer one allows what either list has, the inner one takes away again
 * what only the second has. Call numbers are found by bisection: the kernel compiles a filter each
 * time that it is loaded, and asks it about every number to learn which are always allowed, so
 * short and shallow is what makes a box start fast.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONDITIONS_MOST 6
#define VALUES_MOST 64
#define RULES_MOST 1024
#define CALLS_MOST 1024 /* numbers are below */
#define OPS_MOST 4096
#define X32 0x40000000

/* "a1&0x0f=1|2": argument 1, its low 32 bits masked, is one of these. */
struct condition {
    unsigned argument;
    uint32_t mask, values[VALUES_MOST];
    size_t value_count;
};

struct rule {
    char name[64];
    unsigned call;
    bool noted; /* refused, and somebody is told */
    struct condition conditions[CONDITIONS_MOST];
    size_t condition_count;
};

static const char *file_name;
static int line_at;

static _Noreturn void die(const char *what, const char *detail)
{
    fprintf(stderr, "%s:%d: %s \"%s\"\n", file_name, line_at, what, detail);
    exit(1);
}

static uint32_t number(char **at)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(*at, &end, 0);
    if (end == *at || errno || value > UINT32_MAX)
        die("expected a number of 32 bits at", *at);
    *at = end;
    return (uint32_t)value;
}

static void parse_condition(char *text, struct condition *out)
{
    char *at = text;
    if (*at++ != 'a' || *at < '0' || *at > '5')
        die("expected a condition like a0=1|2, found", text);
    out->argument = (unsigned)(*at++ - '0');
    out->mask = UINT32_MAX;
    if (*at == '&') {
        at++;
        out->mask = number(&at);
    }
    if (*at != '=')
        die("expected \"=\" in", text);
    do {
        at++;
        if (out->value_count == VALUES_MOST)
            die("too many values in", text);
        out->values[out->value_count++] = number(&at);
    } while (*at == '|');
    if (*at)
        die("something follows the condition", text);
}

/* False for an empty line. The reason behind # is a must. */
static bool parse_line(char *line, struct rule *rule)
{
    char *reason = strchr(line, '#');
    memset(rule, 0, sizeof *rule);
    char *save = NULL, copy[512];
    if (line[strspn(line, " \t\n")] == 0 || reason == line)
        return false;
    if (!reason || strlen(reason) < 5)
        die("no reason stands behind", line);
    snprintf(copy, sizeof copy, "%.*s", (int)(reason - line), line);
    rule->noted = *copy == '!';
    char *word = strtok_r(copy, "! \t\n", &save);
    if (!word || strlen(word) >= sizeof rule->name)
        die("no system call is named in", line);
    memcpy(rule->name, word, strlen(word) + 1);
    while ((word = strtok_r(NULL, " \t\n", &save))) {
        if (rule->condition_count == CONDITIONS_MOST)
            die("too many conditions in", line);
        parse_condition(word, &rule->conditions[rule->condition_count++]);
    }
    return true;
}

/* ---- the program ---- */

static struct rule rules[RULES_MOST];
static size_t rule_count;
static bool launcher[CALLS_MOST]; /* allowed by the outer filter: the inner one decides */
static struct sock_filter ops[OPS_MOST];
static size_t op_count;

static size_t emit(unsigned code, uint32_t k, size_t jt, size_t jf)
{
    if (op_count == OPS_MOST || jt > 255 || jf > 255)
        die("the filter is too long", "");
    ops[op_count] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
    return op_count++;
}

static void emit_return(uint32_t what)
{
    emit(BPF_RET | BPF_K, what, 0, 0);
}

static void emit_load(size_t at)
{
    emit(BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
}

static int value_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/*
 * Falls through when the argument is one of the values. Else goes on at the next rule: these jumps
 * are written down, to be aimed when it is known where that is.
 */
static void emit_condition(struct condition *is, size_t *misses, size_t *miss_count)
{
    uint32_t *values = is->values;
    size_t hits[VALUES_MOST], hit_count = 0;
    qsort(values, is->value_count, sizeof *values, value_order);
    emit_load(offsetof(struct seccomp_data, args) + 8 * is->argument);
    if (is->mask != UINT32_MAX)
        emit(BPF_ALU | BPF_AND | BPF_K, is->mask, 0, 0);
    for (size_t i = 0, to; i < is->value_count; i = to) {
        for (to = i + 1; to < is->value_count && values[to] - values[to - 1] <= 1; to++)
            ;
        if (values[i] == values[to - 1]) {
            hits[hit_count++] = emit(BPF_JMP | BPF_JEQ | BPF_K, values[i], 0, 0);
        } else {
            emit(BPF_JMP | BPF_JGE | BPF_K, values[i], 0, 1);
            hits[hit_count++] = emit(BPF_JMP | BPF_JGT | BPF_K, values[to - 1], 0, 0);
        }
    }
    misses[(*miss_count)++] = emit(BPF_JMP | BPF_JA, 0, 0, 0);
    for (size_t i = 0; i < hit_count; i++) {
        struct sock_filter *op = &ops[hits[i]];
        uint8_t *jump = BPF_OP(op->code) == BPF_JGT ? &op->jf : &op->jt; /* not above: a hit */
        *jump = (uint8_t)(op_count - hits[i] - 1);
    }
}

/* The alternatives of one call, in the order of the file. */
static void emit_call(unsigned call)
{
    for (size_t r = 0; r < rule_count; r++) {
        size_t misses[CONDITIONS_MOST], miss_count = 0;
        if (rules[r].call != call)
            continue;
        for (size_t i = 0; i < rules[r].condition_count; i++)
            emit_condition(&rules[r].conditions[i], misses, &miss_count);
        emit_return(rules[r].noted ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
        if (!miss_count)
            return;
        for (size_t i = 0; i < miss_count; i++)
            ops[misses[i]].k = (uint32_t)(op_count - misses[i] - 1);
    }
    /* What is not listed "does not exist": programs and libraries then fall back. */
    emit_return(SECCOMP_RET_ERRNO | ENOSYS);
}

enum treatment { REFUSED, NOTED, ALLOWED, ASKED }; /* ASKED: by arguments */
static const uint32_t returns[] = {
    [REFUSED] = SECCOMP_RET_ERRNO | ENOSYS,
    [NOTED] = SECCOMP_RET_USER_NOTIF,
    [ALLOWED] = SECCOMP_RET_ALLOW,
};

struct range {
    unsigned from; /* until the next one */
    enum treatment treatment;
};

static void emit_ranges(const struct range *ranges, size_t count)
{
    if (count == 1) {
        if (ranges->treatment == ASKED)
            emit_call(ranges->from);
        else
            emit_return(returns[ranges->treatment]);
        return;
    }
    size_t half = count / 2;
    emit(BPF_JMP | BPF_JGE | BPF_K, ranges[half].from, 0, 1);
    size_t far = emit(BPF_JMP | BPF_JA, 0, 0, 0);
    emit_ranges(ranges, half);
    ops[far].k = (uint32_t)(op_count - far - 1);
    if (op_count - far <= 256) { /* near: one jump is enough */
        ops[far - 1].jt = (uint8_t)(op_count - far - 1);
        ops[far - 1].jf = 0;
        memmove(&ops[far], &ops[far + 1], (op_count - far - 1) * sizeof *ops);
        op_count--;
    }
    emit_ranges(ranges + half, count - half);
}

static enum treatment treatment_of(unsigned call, const enum treatment *listed, bool outer)
{
    if (outer)
        return launcher[call] ? ALLOWED : listed[call];
    return launcher[call] ? listed[call] : ALLOWED;
}

static size_t find_ranges(struct range *ranges, bool outer)
{
    enum treatment listed[CALLS_MOST] = { REFUSED }, last = REFUSED;
    size_t count = 0;
    for (size_t r = 0; r < rule_count; r++) {
        enum treatment *known = &listed[rules[r].call];
        if (*known == ASKED || rules[r].condition_count)
            *known = ASKED;
        else if (*known != ALLOWED)
            *known = rules[r].noted ? NOTED : ALLOWED;
    }
    for (unsigned call = 0; call < CALLS_MOST; call++) {
        enum treatment now = treatment_of(call, listed, outer);
        if (!outer && !launcher[call] && listed[call] == REFUSED) /* the outer one does that */
            now = last == ASKED ? ALLOWED : last;
        if (call == 0 || now == ASKED || now != last)
            ranges[count++] = (struct range){ call, now };
        last = now;
    }
    return count;
}

/* ---- the same, shorter ---- */

#define REACH 256 /* of a conditional jump, forward; there are no others but JA */

static size_t flow[OPS_MOST][2]; /* where an op goes on: when its condition holds, when not */

static bool is_return(size_t at)
{
    return BPF_CLASS(ops[at].code) == BPF_RET;
}

static bool is_always(size_t at)
{
    return ops[at].code == (BPF_JMP | BPF_JA);
}

static void flow_read(void)
{
    for (size_t i = 0; i < op_count; i++) {
        const struct sock_filter *op = &ops[i];
        bool jump = BPF_CLASS(op->code) == BPF_JMP && !is_always(i);
        flow[i][0] = i + 1 + (is_always(i) ? op->k : jump ? op->jt : 0);
        flow[i][1] = i + 1 + (is_always(i) ? op->k : jump ? op->jf : 0);
    }
}

/* Past jumps to jumps, and to the farthest of equal returns, so that one is left of many. */
static size_t shortcut(size_t from, size_t to)
{
    while (is_always(to) && flow[to][0] - from <= REACH)
        to = flow[to][0];
    for (size_t i = to + 1; is_return(to) && i < op_count && i - from <= REACH; i++)
        if (is_return(i) && ops[i].k == ops[to].k)
            to = i;
    return to;
}

static void take_shortcuts(void)
{
    for (size_t i = 0; i < op_count; i++) {
        if (is_always(i) && is_return(flow[i][0]))
            ops[i] = ops[flow[i][0]];
        else if (BPF_CLASS(ops[i].code) == BPF_JMP && !is_always(i))
            for (size_t way = 0; way < 2; way++)
                flow[i][way] = shortcut(i, flow[i][way]);
    }
}

/* Leaves out what is never reached: all jumps lead forward. */
static void drop_unreached(void)
{
    static size_t place[OPS_MOST];
    bool reached[OPS_MOST] = { true };
    size_t count = 0;
    for (size_t i = 0; i < op_count; i++) {
        place[i] = count;
        count += reached[i];
        for (size_t way = 0; way < 2 && reached[i] && !is_return(i); way++)
            reached[flow[i][way]] = true;
    }
    for (size_t i = 0; i < op_count; i++) {
        struct sock_filter op = ops[i];
        size_t base = place[i] + 1;
        if (!reached[i])
            continue;
        if (is_always(i)) {
            op.k = (uint32_t)(place[flow[i][0]] - base);
        } else if (BPF_CLASS(op.code) == BPF_JMP) {
            op.jt = (uint8_t)(place[flow[i][0]] - base);
            op.jf = (uint8_t)(place[flow[i][1]] - base);
        }
        ops[place[i]] = op;
    }
    op_count = count;
}

static void shorten(void)
{
    size_t before;
    do {
        before = op_count;
        flow_read();
        take_shortcuts();
        drop_unreached();
    } while (op_count < before);
}

/* Calls of other architectures end the process. In the outer filter, which every call meets. */
static void emit_foreign(void)
{
    emit_load(offsetof(struct seccomp_data, arch));
    emit(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    emit_return(SECCOMP_RET_KILL_PROCESS);
    emit_load(offsetof(struct seccomp_data, nr));
    emit(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 3);
    emit(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 1, 0); /* no call at all */
    emit_return(SECCOMP_RET_KILL_PROCESS);
    emit_return(SECCOMP_RET_ERRNO | ENOSYS);
}

static void emit_all(bool outer)
{
    static struct range ranges[CALLS_MOST];
    op_count = 0;
    if (outer)
        emit_foreign();
    emit_load(offsetof(struct seccomp_data, nr));
    emit_ranges(ranges, find_ranges(ranges, outer));
    shorten();
}

static void print_all(const char *name, bool outer)
{
    emit_all(outer);
    printf("static struct sock_filter %s[] = {\n", name);
    for (size_t i = 0; i < op_count; i++)
        printf("    { 0x%02x, %u, %u, 0x%08x },\n", ops[i].code, ops[i].jt, ops[i].jf, ops[i].k);
    printf("};\n");
}

/* So that a report can name them. */
static void print_noted(void)
{
    bool told[CALLS_MOST] = { false };
    printf(
        "static const struct {\n    int number;\n    const char *name;\n} seccomp_noted[] = {\n");
    for (size_t r = 0; r < rule_count; r++)
        if (rules[r].noted && !told[rules[r].call]) {
            told[rules[r].call] = true;
            printf("    { %u, \"%s\" },\n", rules[r].call, rules[r].name);
        }
    printf("};\n");
}

static void resolve(struct rule *rule)
{
    int call = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, rule->name);
    if (call < 0 || call >= CALLS_MOST)
        die("unknown system call", rule->name);
    rule->call = (unsigned)call;
}

static void read_list(const char *name, bool second)
{
    static struct rule rule;
    FILE *in = fopen(name, "r");
    char line[512];
    file_name = name;
    line_at = 0;
    if (!in)
        die("could not open", name);
    while (fgets(line, sizeof line, in)) {
        line_at++;
        if (rule_count == RULES_MOST)
            die("too many rules, the last is", line);
        if (!parse_line(line, &rule))
            continue;
        resolve(&rule);
        launcher[rule.call] |= rule.noted;
        if (!second)
            rules[rule_count++] = rule;
        else if (rule.condition_count)
            die("a condition has no meaning here:", line);
        else
            launcher[rule.call] = true;
    }
    fclose(in);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: seccomp-compile syscalls.allow syscalls.launcher > filter.h\n");
        return 64;
    }
    read_list(argv[1], false);
    read_list(argv[2], true);
    printf("/* Made from %s and %s by seccomp-compile. */\n", argv[1], argv[2]);
    print_all("seccomp_outer", true);
    print_all("seccomp_inner", false);
    print_noted();
    return 0;
}
