/* The report in words and as JSON. */
#include "sandbox/box.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *box_verdict_name(enum box_verdict verdict)
{
    static const char *const names[] = {
        [BOX_OK] = "ok",         [BOX_ARTIFACT] = "artifact",   [BOX_EXIT] = "exit",
        [BOX_SIGNAL] = "signal", [BOX_PROCESSES] = "processes", [BOX_DISK] = "disk",
        [BOX_OUTPUT] = "output", [BOX_WALL] = "wall",           [BOX_CPU] = "cpu",
        [BOX_MEMORY] = "memory", [BOX_FORBIDDEN] = "forbidden", [BOX_INTERNAL] = "internal",
    };
    return names[verdict];
}

static void put_text(FILE *out, const char *text, size_t len)
{
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f ||
                 c >= 0x80) /* paths are bytes: shown, not trusted as UTF-8 */
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void put_numbers(FILE *out, const struct box_report *report)
{
    const struct {
        const char *name;
        int64_t value;
    } rows[] = {
        { "syscalls_refused", report->syscalls_refused },
        { "wall_us", report->wall_us },
        { "cpu_us", report->cpu_us },
        { "cpu_user_us", report->cpu_user_us },
        { "cpu_system_us", report->cpu_system_us },
        { "throttled_us", report->throttled_us },
        { "setup_us", report->setup_us },
        { "teardown_us", report->teardown_us },
        { "memory_peak_bytes", report->memory_peak_bytes },
        { "memory_anonymous_bytes", report->memory_anonymous_bytes },
        { "memory_shared_bytes", report->memory_shared_bytes },
        { "memory_cache_bytes", report->memory_cache_bytes },
        { "oom_kills", report->oom_kills },
        { "process_peak", report->process_peak },
        { "processes_refused", report->processes_refused },
        { "stdout_bytes", report->stdout_bytes },
        { "stderr_bytes", report->stderr_bytes },
        { "disk_bytes", report->disk_bytes },
        { "disk_peak_bytes", report->disk_peak_bytes },
        { "disk_inodes", report->disk_inodes },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value < 0)
            fprintf(out, ",\"%s\":null", rows[i].name); /* not counted on this machine */
        else
            fprintf(out, ",\"%s\":%lld", rows[i].name, (long long)rows[i].value);
}

static void put_lists(FILE *out, const struct box_report *report)
{
    fputs(",\"layers\":[", out);
    for (const char *at = report->layers; *at;) {
        size_t len = strcspn(at, " ");
        put_text(out, at, len);
        at += len;
        at += *at == ' ';
        if (*at)
            fputc(',', out);
    }
    fputs("],\"artifacts\":[", out);
    for (size_t i = 0; i < report->artifact_count; i++) {
        const struct box_artifact *artifact = &report->artifacts[i];
        fputs(i ? ",{\"path\":" : "{\"path\":", out);
        put_text(out, artifact->path, strlen(artifact->path));
        fprintf(out, ",\"bytes\":%lld,\"mode\":\"%04o\"}", (long long)artifact->bytes,
                artifact->mode);
    }
    fputc(']', out);
}

static void put_optional(FILE *out, const char *name, bool there, int value)
{
    if (there)
        fprintf(out, ",\"%s\":%d", name, value);
    else
        fprintf(out, ",\"%s\":null", name);
}

static void put_word(FILE *out, const char *name, const char *word)
{
    fprintf(out, ",\"%s\":", name);
    if (*word)
        put_text(out, word, strlen(word));
    else
        fputs("null", out);
}

char *box_report_json(const struct box_report *report)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    fprintf(out, "{\"verdict\":\"%s\"", box_verdict_name(report->verdict));
    put_optional(out, "exit_code", report->exit_code >= 0 && !report->exec_errno,
                 report->exit_code);
    put_optional(out, "signal", report->signal > 0, report->signal);
    put_optional(out, "exec_errno", report->exec_errno > 0, report->exec_errno);
    put_optional(out, "syscall", report->syscall >= 0, report->syscall);
    put_word(out, "syscall_name", report->syscall_name);
    put_numbers(out, report);
    fprintf(out, ",\"cancelled\":%s,\"degraded\":%s", report->cancelled ? "true" : "false",
            report->degraded ? "true" : "false");
    put_lists(out, report);
    put_word(out, "filter", report->filter);
    put_word(out, "kernel", report->kernel);
    fputs(",\"message\":", out);
    put_text(out, report->message, strlen(report->message));
    fputs("}\n", out);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}
