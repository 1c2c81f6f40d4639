/* The board of a task: ranks as far as the data can tell teams apart, scores with their intervals,
 * histories. */
#include "web/html.h"
#include "web/layout.h"
#include "web/marks.h"
#include "web/words.h"

static size_t ranked_count(const struct view_board *board)
{
    size_t count = 0;
    for (size_t i = 0; i < board->count; i++)
        count += !board->rows[i].baseline;
    return count;
}

static int64_t entry_count(const struct view_board *board)
{
    int64_t count = 0;
    for (size_t i = 0; i < board->count; i++)
        count += board->rows[i].baseline ? 0 : board->rows[i].entries;
    return count;
}

static void put_next_due(struct visit *visit, const struct view_task *task)
{
    const struct view_deliverable *next = NULL;
    for (size_t i = 0; i < task->deliverable_count; i++) {
        const struct view_deliverable *one = &task->deliverables[i];
        if (one->due_ms > visit->now_ms && (!next || one->due_ms < next->due_ms))
            next = one;
    }
    if (!next || next->due_ms - visit->now_ms > 3650ll * 86400000)
        return;
    html_put(&visit->out, "<div><dt>%t is due</dt><dd>", next->id);
    say_ago(&visit->out, visit->now_ms, next->due_ms);
    html_put(&visit->out, "</dd></div>");
}

/* Why what was pushed since is not here. */
static void put_due(struct visit *visit, const struct view_task *task)
{
    struct text *out = &visit->out;
    if (!task->rescore_due)
        return;
    html_put(out, "<p class=\"banner\" role=\"status\"><b>A rescore is due.</b> ");
    if (str_equal(task->coming, task->metric))
        html_put(out, "The course has changed this task. ");
    else
        html_put(out, "The course ranks this task by %t now. ", task->coming_title);
    html_put(out, "Scores of different versions of a task never stand side by side: until the "
                  "staff applies a rescore, this board is by the version before, and what is "
                  "graded by the new one is on no board.</p>");
}

/* The board is made behind the runs: the newest results may be a moment away. */
static void put_coming(struct text *out, const struct view_board *board)
{
    if (board->coming == 1)
        html_put(out, "<p class=\"muted\" role=\"status\">A newer result is being worked in.</p>");
    else if (board->coming > 1)
        html_put(out,
                 "<p class=\"muted\" role=\"status\">%i newer results are being worked in.</p>",
                 board->coming);
}

static void put_top(struct visit *visit, const struct view_task *task,
                    const struct view_board *board)
{
    struct text *out = &visit->out;
    html_put(out, "<h1>%t</h1><p class=\"lede\">Ranked by %t, %z is better, on ", task->title,
             task->metric_title, task->higher_is_better ? "higher" : "lower");
    if (task->public_rows)
        html_put(out, "%i public rows", task->public_rows);
    else
        html_put(out, "the public rows");
    html_put(out, " of the held-out data. The private rows stay sealed until the reveal.</p>"
                  "<dl class=\"facts\">");
    if (!board->hidden) {
        html_put(out,
                 "<div><dt>teams ranked</dt><dd>%i</dd></div>"
                 "<div><dt>versions graded</dt><dd>%i</dd></div>",
                 (int64_t)ranked_count(board), entry_count(board));
        for (size_t i = 0; i < board->count; i++) {
            if (board->rows[i].baseline)
                continue;
            html_put(out, "<div><dt>best %t</dt><dd>", task->metric_title);
            say_score(out, board->rows[i].score, task->digits);
            html_put(out, "</dd></div>");
            break;
        }
    }
    put_next_due(visit, task);
    html_put(out, "</dl>");
}

static void put_rank(struct text *out, const struct view_row *row)
{
    if (row->baseline || !row->rank_low) {
        html_put(out,
                 "<td class=\"rank\"><span class=\"muted\" title=\"not ranked\">–</span></td>");
        return;
    }
    html_put(out, "<td class=\"rank r%i\">", row->rank_low <= 3 ? row->rank_low : (int64_t)0);
    put_ranks(out, row);
    html_put(out, "</td>");
}

static void put_interval(struct text *out, const struct view_row *row, int digits)
{
    say_score(out, row->low, digits);
    html_put(out, " – ");
    say_score(out, row->high, digits);
}

/* apart: a line stands above the row, which no team from here on can cross. */
static void put_row(struct visit *visit, const struct view_row *row,
                    const struct marks_scale *scale, int digits, bool apart)
{
    struct text *out = &visit->out;
    html_put(out, "<tr data-key=\"%t\"", row->team);
    html_raw_if(row->baseline, out, " class=\"baseline\"");
    html_raw_if(apart, out, " class=\"apart\"");
    html_raw(out, ">");
    put_rank(out, row);
    html_put(out, "<td>");
    put_team(visit, row->team, row->name);
    if (row->baseline)
        html_put(out, " <span class=\"tag\">baseline</span>");
    html_put(out, "</td><td class=\"num score\">");
    if (row->run.len) {
        html_put(out, "<a href=\"");
        put_course_path(visit);
        html_put(out, "/runs/%u\">", row->run);
    }
    say_score(out, row->score, digits);
    if (row->run.len)
        html_put(out, "</a>");
    html_put(out, "<span class=\"interval\">");
    put_interval(out, row, digits);
    html_put(out, "</span></td><td class=\"hide\">");
    marks_whisker(out, scale, row, digits);
    html_put(out, "</td><td class=\"hide wide\">");
    marks_spark(out, row);
    html_put(out, "</td><td class=\"num hide\">%i</td><td class=\"num hide\">", row->entries);
    if (row->submitted_ms)
        say_ago(out, visit->now_ms, row->submitted_ms);
    else
        html_put(out, "–");
    html_put(out, "</td></tr>");
}

static void put_table_head(struct visit *visit, const struct view_task *task,
                           const struct marks_scale *scale)
{
    struct text *out = &visit->out;
    html_put(out,
             "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-label=\"Board\">"
             "<table class=\"board\"><caption>Board of %t</caption><thead><tr>"
             "<th scope=\"col\">Rank</th><th scope=\"col\">Team</th>"
             "<th scope=\"col\" class=\"num\" aria-sort=\"%z\">%t <span aria-hidden=\"true\">"
             "%z</span></th>"
             "<th scope=\"col\" class=\"hide\"><span class=\"axis\"><span>",
             task->title, task->higher_is_better ? "descending" : "ascending", task->metric_title,
             task->higher_is_better ? "↑" : "↓");
    say_score(out, scale->low, task->digits > 2 ? 2 : task->digits);
    html_put(out, "</span><span>95 %% interval</span><span>");
    say_score(out, scale->high, task->digits > 2 ? 2 : task->digits);
    html_put(out, "</span></span></th><th scope=\"col\" class=\"hide wide\">History</th>"
                  "<th scope=\"col\" class=\"num hide\">Entries</th>"
                  "<th scope=\"col\" class=\"num hide\">Pushed</th></tr></thead><tbody>");
}

static bool is_tied(const struct view_board *board)
{
    for (size_t i = 0; i < board->count; i++)
        if (board->rows[i].rank_high > board->rows[i].rank_low)
            return true;
    return false;
}

static void put_notes(struct text *out, const struct view_board *board)
{
    bool baseline = false;
    for (size_t i = 0; i < board->count; i++)
        baseline = baseline || board->rows[i].baseline;
    html_put(out,
             "<div class=\"notes\"><p><b>Interval.</b> Other held-out rows would give another "
             "score. A line drawn this way holds the true one for about 95 of 100 such draws.</p>");
    if (is_tied(board))
        html_put(out, "<p><b>Rank.</b> A range such as 1–3 is a tie: on these rows the differences "
                      "between the teams are within the noise, so each of those ranks is possible. "
                      "No team below a heavy line can take a rank above it.</p>");
    if (baseline)
        html_put(out, "<p><b>Baseline.</b> A standard learner that the course runs for comparison; "
                      "it has no rank.</p>");
    if (board->ladder)
        html_put(out, "<p><b>Ladder.</b> A team's score changes only when a new version is better "
                      "than its best so far by more than noise explains, so that many tries cannot "
                      "climb on noise. Score, interval and rank are those of that version, also "
                      "when a newer one was not better.</p></div>");
    else
        html_put(out,
                 "<p><b>Version.</b> The board shows the newest graded version of each team, also "
                 "when an earlier one scored better.</p><p><b>Rounded.</b> Scores are released "
                 "rounded, so that the board cannot be used to probe the held-out rows.</p></div>");
}

static void put_table(struct visit *visit, const struct view_task *task,
                      const struct view_board *board)
{
    struct text *out = &visit->out;
    if (board->hidden) {
        put_empty(out, "Scores are hidden",
                  "The course shows this board to its staff only. Your own runs are graded all the "
                  "same.");
        return;
    }
    if (!board->count) {
        put_empty(
            out, "No submissions yet",
            "Push to your team's repository: the first version that passes every step appears "
            "here.");
        return;
    }
    struct marks_scale scale = marks_scale_of(board);
    put_table_head(visit, task, &scale);
    int64_t worst = 0; /* rank of the teams so far */
    bool tied = is_tied(board);
    for (size_t i = 0; i < board->count; i++) {
        const struct view_row *row = &board->rows[i];
        put_row(visit, row, &scale, task->digits, tied && worst > 0 && row->rank_low > worst);
        worst = row->rank_high > worst ? row->rank_high : worst;
    }
    html_put(out, "</tbody></table></div>");
    put_notes(out, board);
}

bool page_board(struct visit *visit, struct fault *why)
{
    const struct view_task *task = view_task_find(&visit->tasks, visit->parts[1]);
    if (!task)
        return visit_missing(visit, "This course has no such task.");
    struct view_board board;
    struct view_runs active;
    if (!view_board(visit->view, visit->arena, visit->viewer, task->id, &board, why) ||
        !view_board_histories(visit->view, visit->arena, visit->viewer, &board, why) ||
        !view_runs(visit->view, visit->arena, visit->viewer, VIEW_RUNS_TASK, task->id, &active,
                   why))
        return false;
    layout_open(visit, &(struct layout){ .title = task->title, .here = "task", .task = task->id });
    put_top(visit, task, &board);
    put_due(visit, task);
    put_active(visit, &active, false);
    put_coming(&visit->out, &board);
    put_table(visit, task, &board);
    layout_close(visit);
    return true;
}
