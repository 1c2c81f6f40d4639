/* Build tool: compiles sandbox/syscalls.allow into a BPF filter, printed as a C array. */
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONDITIONS_MOST 6
#define VALUES_MOST 64

/* "a1&0x0f=1|2": argument 1, its low 32 bits masked, is one of these. */
struct condition {
    unsigned argument;
    uint32_t mask, values[VALUES_MOST];
    size_t value_count;
};

struct rule {
    char name[64];
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
    char *word = strtok_r(copy, " \t\n", &save);
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

/* One filter rule for each combination of values. */
static void add_combinations(scmp_filter_ctx filter, const struct rule *rule)
{
    int call = seccomp_syscall_resolve_name(rule->name);
    if (call < 0)
        die("unknown system call", rule->name);
    size_t chosen[CONDITIONS_MOST] = { 0 };
    for (;;) {
        struct scmp_arg_cmp compares[CONDITIONS_MOST];
        for (size_t i = 0; i < rule->condition_count; i++) {
            const struct condition *condition = &rule->conditions[i];
            compares[i] = SCMP_CMP64(condition->argument, SCMP_CMP_MASKED_EQ, condition->mask,
                                     condition->values[chosen[i]]);
        }
        if (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, (unsigned)rule->condition_count,
                                   compares))
            die("libseccomp refused the rule of", rule->name);
        size_t at = 0;
        while (at < rule->condition_count && ++chosen[at] == rule->conditions[at].value_count)
            chosen[at++] = 0;
        if (at == rule->condition_count)
            return;
    }
}

static void print_filter(scmp_filter_ctx filter)
{
    int fd = memfd_create("filter", 0);
    struct {
        uint16_t code;
        uint8_t jt, jf;
        uint32_t k;
    } op;
    if (fd < 0 || seccomp_export_bpf(filter, fd) || lseek(fd, 0, SEEK_SET))
        die("could not export the filter", "");
    printf("/* Made from %s by seccomp-compile. */\n", file_name);
    printf("static struct sock_filter seccomp_filter[] = {\n");
    while (read(fd, &op, sizeof op) == sizeof op)
        printf("    { 0x%02x, %u, %u, 0x%08x },\n", op.code, op.jt, op.jf, op.k);
    printf("};\n");
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: seccomp-compile syscalls.allow > seccomp-filter.h\n");
        return 64;
    }
    file_name = argv[1];
    FILE *in = fopen(file_name, "r");
    /* What is not listed "does not exist": programs and libraries then fall back. */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!in || !filter)
        die("could not start with", file_name);
    if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) ||
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) ||
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2))
        die("libseccomp refused an attribute", "");
    char line[512];
    struct rule rule;
    while (fgets(line, sizeof line, in)) {
        line_at++;
        if (parse_line(line, &rule))
            add_combinations(filter, &rule);
    }
    fclose(in);
    print_filter(filter);
    seccomp_release(filter);
    return 0;
}
