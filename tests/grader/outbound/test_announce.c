/* What forges and webhooks are told, what follows from their answers, and the sending of it. */
#include "grader/outbound/delivery.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/outbound/sign.h"
#include "tests/cases.h"
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST(name) cmocka_unit_test(name)

static void states_are_the_words_of_each_forge(void **state)
{
    (void)state;
    static const struct {
        const char *run, *github, *gitlab, *gitea;
    } rows[] = {
        { "queued", "pending", "pending", "pending" },
        { "training", "pending", "running", "pending" },
        { "done", "success", "success", "success" },
        { "failed_team", "failure", "failed", "failure" },
        { "failed_ours", "error", "failed", "error" },
        { "cancelled", "error", "canceled", "warning" },
        { "superseded", "error", "canceled", "warning" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum forge_state at = forge_state_of(str_of(rows[i].run));
        assert_string_equal(forge_state_word(FORGE_GITHUB, at), rows[i].github);
        assert_string_equal(forge_state_word(FORGE_GITLAB, at), rows[i].gitlab);
        assert_string_equal(forge_state_word(FORGE_GITEA, at), rows[i].gitea);
        assert_string_equal(forge_state_word(FORGE_FORGEJO, at), rows[i].gitea);
    }
}

#define SHA "0123456789012345678901234567890123456789"

static struct forge_status status_of(enum forge_kind kind, const char *repository)
{
    return (struct forge_status){
        .kind = kind,
        .state = FORGE_DONE,
        .repository = str_of(repository),
        .commit = S(SHA),
        .ref = S("refs/heads/main"),
        .context = S("holdout/credit"),
        .description = S("roc_auc 0.826"),
        .target_url = S("https://board.example/courses/ml/runs/01KB0000000000000000000000"),
    };
}

static void a_status_goes_where_its_forge_takes_it(void **state)
{
    (void)state;
    static const struct {
        enum forge_kind kind;
        const char *repository, *path; /* NULL: refused */
    } rows[] = {
        { FORGE_GITHUB, "/uni/ada.git", "/repos/uni/ada/statuses/" SHA },
        { FORGE_GITHUB, "/uni/ada", "/repos/uni/ada/statuses/" SHA },
        { FORGE_GITLAB, "/uni/ml/ada.git", "/projects/uni%2Fml%2Fada/statuses/" SHA },
        { FORGE_GITEA, "/uni/a+b", "/repos/uni/a%2Bb/statuses/" SHA },
        { FORGE_FORGEJO, "/uni/ml/ada", NULL },
        { FORGE_GITHUB, "/ada", NULL },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct forge_status status = status_of(rows[i].kind, rows[i].repository);
        struct str path, body;
        struct fault why = { 0 };
        bool made = forge_status_print(arena, &status, &path, &body, &why);
        assert_int_equal(made, rows[i].path != NULL);
        if (made)
            assert_string_equal(path.at, rows[i].path);
    }
}

static void descriptions_are_cut_to_140_characters_at_a_word(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    assert_string_equal(forge_description(arena, S(" a\nb\x1b[2J ")).at, "a b [2J");
    for (int i = 0; i < 60; i++)
        text_print(&text, "dür ");
    struct str cut = forge_description(arena, text_str(&text));
    size_t characters = 0;
    for (size_t i = 0; i < cut.len; i++)
        characters += ((unsigned char)cut.at[i] & 0xc0) != 0x80;
    assert_true(characters <= FORGE_DESCRIPTION_MOST && characters > 120);
    assert_true(str_ends(cut, S("dür…")));
    assert_true(str_is_utf8(cut));
}

/* Key, id, time, body and signature computed with another implementation. */
static void signatures_are_those_of_standard_webhooks(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct sign_keys keys;
    struct fault why = { 0 };
    struct signing signing = {
        .id = S("msg_1"),
        .body = S("{\"type\":\"submission.graded\",\"timestamp\":\"2026-02-03T10:15:00Z\","
                  "\"data\":{\"submission\":\"01HX\",\"team\":\"solar-squad\"}}"),
        .at_s = 1770113700,
    };
    assert_true(sign_keys_parse(arena, S("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"),
                                &keys, &why));
    assert_string_equal(sign_print(arena, &keys, &signing).at,
                        "v1,unT8QYFtHkdC6VZT/4b+Efhz9qmRAP8fB6EDYo/mTWo=");
    assert_false(sign_keys_parse(arena, S("whsec_c2hvcnQ=\n"), &keys, &why));
    assert_false(
        sign_keys_parse(arena, S("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"), &keys, &why));
    assert_false(sign_keys_parse(arena, S("\n"), &keys, &why));
}

/* what follows from an answer */
static const struct {
    bool status;
    enum forge_kind kind;
    const char *wanted;
    int64_t attempts;
    struct send_answer answer;
    enum delivery what;
    int64_t least_ms, most_ms; /* of the wait */
} ends[] = {
#define SAID(text)                                                                                 \
    {                                                                                              \
        .at = text, .len = sizeof(text) - 1                                                        \
    }
    { true, FORGE_GITHUB, "success", 0, { true, 201, true, 0, SAID("") }, DELIVERY_SENT, 0, 0 },
    { true,
      FORGE_GITEA,
      "success",
      0,
      { true, 200, false, 0, SAID("<html>") },
      DELIVERY_AGAIN,
      15000,
      18750 },
    { false, 0, "", 0, { true, 204, false, 0, SAID("") }, DELIVERY_SENT, 0, 0 },
    { true, 0, "", 0, { true, 401, true, 0, SAID("Bad") }, DELIVERY_DEAD, 0, 0 },
    { true, 0, "", 0, { true, 403, true, 0, SAID("no") }, DELIVERY_DEAD, 0, 0 },
    { true, 0, "", 0, { true, 403, true, 600, SAID("limit") }, DELIVERY_AGAIN, 600000, 600000 },
    { true, 0, "", 0, { true, 404, true, 0, SAID("") }, DELIVERY_DEAD, 0, 0 },
    { true, 0, "", 0, { true, 422, true, 0, SAID("") }, DELIVERY_DEAD, 0, 0 },
    { false, 0, "", 0, { true, 409, true, 0, SAID("") }, DELIVERY_AGAIN, 15000, 18750 },
    { true, 0, "", 1, { true, 429, true, 120, SAID("") }, DELIVERY_AGAIN, 120000, 120000 },
    { true, 0, "", 3, { true, 503, true, 0, SAID("") }, DELIVERY_AGAIN, 120000, 150000 },
    { true, 0, "", 18, { true, 0, false, 0, SAID("late") }, DELIVERY_AGAIN, 7200000, 9000000 },
    { true, 0, "", 19, { true, 0, false, 0, SAID("late") }, DELIVERY_DEAD, 0, 0 },
    { true, 0, "", 0, { false, 0, false, 0, SAID("") }, DELIVERY_AGAIN, 15000, 18750 },
    { false, 0, "", 0, { true, 302, false, 0, SAID("") }, DELIVERY_DEAD, 0, 0 },
    { true,
      FORGE_GITLAB,
      "pending",
      0,
      { true, 400, true, 0, SAID("Cannot transition status via :enqueue from :pending") },
      DELIVERY_SENT,
      0,
      0 },
    { true,
      FORGE_GITLAB,
      "success",
      0,
      { true, 400, true, 0, SAID("Cannot transition status via :succeed from :success") },
      DELIVERY_SENT,
      0,
      0 },
    { true,
      FORGE_GITLAB,
      "success",
      0,
      { true, 400, true, 0, SAID("Cannot transition status via :succeed from :canceled") },
      DELIVERY_DEAD,
      0,
      0 },
    { true,
      FORGE_GITHUB,
      "pending",
      0,
      { true, 400, true, 0, SAID("Cannot transition status via :enqueue from :pending") },
      DELIVERY_DEAD,
      0,
      0 },
};

static void answers_end_a_row_or_bring_it_back(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (uint64_t random = 0; random < 3; random++) {
            struct delivery_try attempt = { .status = ends[i].status,
                                            .kind = ends[i].kind,
                                            .wanted = str_of(ends[i].wanted),
                                            .attempts = ends[i].attempts,
                                            .now_ms = 1000000,
                                            .random = random * 0x5555555555555555u };
            struct delivery_end end = delivery_judge(arena, &attempt, &ends[i].answer);
            if (end.what != ends[i].what)
                fail_msg("row %zu: got %d, expected %d (%s)", i, end.what, ends[i].what, end.words);
            if (end.what != DELIVERY_AGAIN)
                continue;
            assert_true(end.next_ms - attempt.now_ms >= ends[i].least_ms);
            assert_true(end.next_ms - attempt.now_ms <= ends[i].most_ms);
        }
}

static void waits_are_seconds_or_dates(void **state)
{
    (void)state;
    assert_int_equal(send_wait_parse(S("120"), 0), 120);
    assert_int_equal(send_wait_parse(S("99999999"), 0), 86400);
    assert_int_equal(send_wait_parse(S("-5"), 0), 0);
    assert_int_equal(send_wait_parse(S("soon"), 0), 0);
    assert_int_equal(send_wait_parse(S("Tue, 03 Feb 2026 10:15:00 GMT"), 1770113600), 100);
    assert_int_equal(send_wait_parse(S("Tue, 03 Feb 2026 10:15:00 GMT"), 1770113800), 0);
}

static void addresses_have_neither_users_nor_odd_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host; /* NULL: refused */
        int port;
    } rows[] = {
        { "https://api.github.com/", "api.github.com", 443 },
        { "http://127.0.0.1:8080/x?y=1", "127.0.0.1", 8080 },
        { "https://a:b@host/", NULL, 0 },
        { "https://host\\@other/", NULL, 0 },
        { "https://host/ x", NULL, 0 },
        { "https://host/\n", NULL, 0 },
        { "https://[::1]/", NULL, 0 },
        { "https://Host/", NULL, 0 },
        { "https://host:0/", NULL, 0 },
        { "https://", NULL, 0 },
        { "file:///etc/passwd", NULL, 0 },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url url;
        struct fault why = { 0 };
        bool taken = url_parse(arena, str_of(rows[i].text), &url, &why);
        if (taken != (rows[i].host != NULL))
            fail_msg("%s: %s", rows[i].text, taken ? "taken" : why.text);
        if (taken) {
            assert_string_equal(url.host.at, rows[i].host);
            assert_int_equal(url.port, rows[i].port);
        }
    }
}

/* ---- the process, against a stub on loopback ---- */

struct stub {
    char dir[64];
    int fd, to, port;
    pid_t pid;
    struct arena *arena;
    struct str ca;
};

static int stub_start(void **state)
{
    struct stub *stub = calloc(1, sizeof *stub);
    int to[2], from[2];
    char line[16] = "", command[400];
    struct fault why = { 0 };
    int64_t port = 0;
    snprintf(stub->dir, sizeof stub->dir, "/tmp/holdout-announce-XXXXXX");
    assert_non_null(mkdtemp(stub->dir));
    snprintf(
        command, sizeof command,
        "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "
        "cert.key -out cert.pem -days 2 -subj /CN=localhost -addext "
        "subjectAltName=DNS:localhost 2>/dev/null",
        stub->dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    stub->pid = fork();
    if (stub->pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        execl("/usr/bin/python3", "/usr/bin/python3", "-I", "tests/grader/outbound/forge.py",
              stub->dir, stub->dir, NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    stub->to = to[1];
    if (read(from[0], line, sizeof line - 1) <= 0)
        fail_msg("the stub did not start");
    close(from[0]);
    assert_true(str_to_int(str_trim(str_of(line)), &port));
    stub->port = (int)port;
    stub->arena = arena_open(NULL);
    stub->fd = dir_open(AT_FDCWD, stub->dir, &why);
    assert_true(file_load(stub->arena, stub->fd, "cert.pem", 65536, &stub->ca, &why));
    *state = stub;
    return 0;
}

static int stub_stop(void **state)
{
    struct stub *stub = *state;
    struct fault why;
    close(stub->to);
    close(stub->fd);
    assert_int_equal(waitpid(stub->pid, NULL, 0), stub->pid);
    dir_remove(AT_FDCWD, stub->dir, &why);
    arena_drop(stub->arena);
    free(stub);
    return 0;
}

static void mode_set(struct stub *stub, const char *mode)
{
    struct fault why = { 0 };
    assert_true(file_save(stub->fd, "mode", str_of(mode), 0600, &why));
}

static struct send_request request_for(struct stub *stub)
{
    struct send_request request = { .allow_private = true, .ca = stub->ca, .deadline_ms = 3000 };
    struct fault why = { 0 };
    const char *text = arena_print(stub->arena, "https://localhost:%d", stub->port);
    assert_true(url_parse(stub->arena, str_of(text), &request.server, &why));
    return request;
}

static struct send_call call_for(struct stub *stub, enum forge_kind kind)
{
    struct forge_status status = status_of(kind, "/uni/ada.git");
    struct str path, body;
    struct fault why = { 0 };
    assert_true(forge_status_print(stub->arena, &status, &path, &body, &why));
    struct str api = forge_api(stub->arena, kind, S("localhost"), (uint16_t)stub->port);
    return (struct send_call){
        .url = arena_print(stub->arena, "%s%s", api.at, path.at),
        .headers = forge_headers(stub->arena, kind, S("f0rge-t0ken")),
        .body = body,
    };
}

static void each_forge_finds_every_field_as_it_wants_it(void **state)
{
    struct stub *stub = *state;
    struct send_call calls[FORGE_KIND_COUNT];
    struct send_answer answers[FORGE_KIND_COUNT];
    struct send_request request = request_for(stub);
    struct fault why = { 0 };
    mode_set(stub, "ok");
    for (int kind = 0; kind < FORGE_KIND_COUNT; kind++)
        calls[kind] = call_for(stub, (enum forge_kind)kind);
    request.calls = calls;
    request.call_count = FORGE_KIND_COUNT;
    assert_true(send_run(&request, NULL, stub->arena, answers, &why));
    for (int kind = 0; kind < FORGE_KIND_COUNT; kind++)
        if (answers[kind].status != 201 || !answers[kind].document)
            fail_msg("%s: %d %s", forge_kind_name((enum forge_kind)kind), answers[kind].status,
                     answers[kind].said.at);
    struct str posts, line;
    int64_t peer = 0;
    assert_true(file_load(stub->arena, stub->fd, "posts", 65536, &posts, &why));
    for (int i = 0; i < FORGE_KIND_COUNT; i++) {
        const struct json *post;
        assert_true(str_cut(&posts, '\n', &line) && json_parse(stub->arena, line, &post, &why));
        if (i)
            assert_int_equal(json_get_int(post, "peer", 0), peer); /* one connection */
        peer = json_get_int(post, "peer", 0);
    }
}

static void recorded_answers_are_taken_as_what_they_are(void **state)
{
    struct stub *stub = *state;
    static const struct {
        const char *mode;
        int status;
        bool document;
        int64_t wait_least, wait_most;
        const char *said;
    } rows[] = {
        { "401", 401, true, 0, 0, "Bad credentials" },
        { "404", 404, true, 0, 0, "Not Found" },
        { "422", 422, true, 0, 0, "No commit found for SHA" },
        { "429", 429, true, 120, 120, "Slow down" },
        { "403limit", 403, true, 500, 600, "API rate limit exceeded" },
        { "500", 500, true, 0, 0, "Server Error" },
        { "redirect", 302, true, 0, 0, "" },
        { "garbage", 200, false, 0, 0, "<html>log in first</html>" },
        { "endless", 0, false, 0, 0, "the answer was too long" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct send_call call = call_for(stub, FORGE_GITHUB);
        struct send_answer answer;
        struct send_request request = request_for(stub);
        struct fault why = { 0 };
        mode_set(stub, rows[i].mode);
        request.calls = &call;
        request.call_count = 1;
        if (!send_run(&request, NULL, stub->arena, &answer, &why))
            fail_msg("%s: %s", rows[i].mode, why.text);
        if (answer.status != rows[i].status || answer.document != rows[i].document ||
            answer.wait_s < rows[i].wait_least || answer.wait_s > rows[i].wait_most ||
            !strstr(answer.said.at, rows[i].said))
            fail_msg("%s: status %d document %d wait %d said %s", rows[i].mode, answer.status,
                     answer.document, (int)answer.wait_s, answer.said.at);
        for (size_t k = 0; k < answer.said.len; k++)
            assert_true((unsigned char)answer.said.at[k] >= 0x20);
    }
}

static void silence_ends_with_the_deadline(void **state)
{
    struct stub *stub = *state;
    struct send_call call = call_for(stub, FORGE_GITEA);
    struct send_answer answer;
    struct send_request request = request_for(stub);
    struct fault why = { 0 };
    mode_set(stub, "silence");
    request.calls = &call;
    request.call_count = 1;
    request.deadline_ms = 500;
    assert_false(send_run(&request, NULL, stub->arena, &answer, &why));
    assert_int_equal(why.blame, BLAME_PASSING);
}

static void a_wrong_certificate_or_a_private_address_is_no_server(void **state)
{
    struct stub *stub = *state;
    struct send_call call = call_for(stub, FORGE_GITEA);
    struct send_answer answer;
    struct send_request request = request_for(stub);
    struct fault why = { 0 };
    mode_set(stub, "ok");
    request.calls = &call;
    request.call_count = 1;
    request.ca = S("");
    assert_true(send_run(&request, NULL, stub->arena, &answer, &why));
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.said.at, "certificate"));
    request.ca = stub->ca;
    request.allow_private = false;
    assert_true(send_run(&request, NULL, stub->arena, &answer, &why));
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(answer.said.at, "private"));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "send-one") == 0)
        return send_main(argc, argv);
    const struct CMUnitTest tests[] = {
        TEST(states_are_the_words_of_each_forge),
        TEST(a_status_goes_where_its_forge_takes_it),
        TEST(descriptions_are_cut_to_140_characters_at_a_word),
        TEST(signatures_are_those_of_standard_webhooks),
        TEST(answers_end_a_row_or_bring_it_back),
        TEST(waits_are_seconds_or_dates),
        TEST(addresses_have_neither_users_nor_odd_bytes),
        TEST(each_forge_finds_every_field_as_it_wants_it),
        TEST(recorded_answers_are_taken_as_what_they_are),
        TEST(silence_ends_with_the_deadline),
        TEST(a_wrong_certificate_or_a_private_address_is_no_server),
    };
    return cmocka_run_group_tests(tests, stub_start, stub_stop);
}
