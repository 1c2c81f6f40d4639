/* record: the receipt, and the one transaction that ends the run. */
#include "core/base/file.h"
#include "grader/board_rule.h"
#include "grader/repeat/replay.h"
#include "grader/course/scoring.h"
#include "grader/steps/receipt.h"
#include "grader/steps/serve.h"
#include <stdio.h>

/* What the record makes count is on disk before it. */
static bool artifacts_lie(const struct run *run, struct fault *why)
{
    return artifacts_settle(&run->grader->artifacts, why) &&
           artifacts_settle(&run->grader->sealed, why);
}

static bool receipt_save(void *at, const char *head, char digest[SHA256_HEX], struct fault *why)
{
    struct run *run = at;
    struct str receipt;
    char path[64];
    if (!receipt_print(run, head, &receipt, why))
        return false;
    sha256_of(receipt, digest);
    snprintf(path, sizeof path, "receipts/%s.json", run->claim.run);
    return file_save(run->grader->state, path, receipt, 0400, why);
}

/* What was not reached is skipped; nothing looks as if it still ran. */
static bool steps_close(struct run *run, struct fault *why)
{
    for (size_t i = 0; i < run->step_count; i++) {
        struct store_step *row = &run->steps[i].row;
        bool waits = strcmp(row->state, "waiting") == 0;
        if (!waits && (strcmp(row->state, "running") != 0 || strcmp(row->name, "record") == 0))
            continue;
        row->state = waits ? "skipped" : "failed";
        if (!run_step_write(run, &run->steps[i], why))
            return false;
    }
    return true;
}

static const char *words_well(const struct run *run, bool on_board)
{
    const char *remark = serve_remark(run), *begin = remark ? "" : "All steps went well. ";
    if (!on_board)
        return arena_print(run->arena,
                           "%sThe course has changed this task; its board is still by the version "
                           "before, and has this score once the staff applies a rescore.%s%s",
                           begin, remark ? " " : "", remark ? remark : "");
    if (run->evaluated.kept)
        return arena_print(run->arena,
                           "%sNot significantly better than your best so far: %s. What is released "
                           "stays as it was.%s%s",
                           begin, run->evaluated.kept, remark ? " " : "", remark ? remark : "");
    return remark ? arena_print(run->arena, "The board has the score. %s", remark)
                  : "All steps went well; the board has the score.";
}

bool step_record(struct run *run, struct fault *why)
{
    char scoring[SHA256_HEX] = "", board[SHA256_HEX] = "";
    bool went_well = !run->end.state, on_board = true;
    if (run->task && run->evaluated.released && !run->claim.purpose.len &&
        !board_rule_is(run->loaded, run->store, run->task, &on_board, why))
        return false;
    if (went_well) {
        run->end.state = "done";
        run->end.verdict = "ok";
        run->end.message = words_well(run, on_board);
    }
    run->end.at_ms = clock_utc_ms(&run->grader->clock);
    if (!steps_close(run, why) || !replay_judge(run, why) || !artifacts_lie(run, why))
        return false;
    if (run->task) {
        scoring_digest(run->loaded, run->task, scoring);
        scoring_board_digest(run->loaded, run->task, board);
    }
    struct store_end end = {
        .state = run->end.state,
        .verdict = run->end.verdict,
        .step = run->end.step ? run->end.step : "",
        .message = run->end.message,
        .detail = run->end.detail ? run->end.detail : "",
        .ended_ms = run->end.at_ms,
        .facts = run->judged.facts,
        .fact_count = run->judged.fact_count,
        .points = run->judged.points,
        .point_count = run->judged.point_count,
        .released = run->evaluated.released && run->end.state[0] == 'd' && !run->claim.purpose.len,
        .score = run->evaluated.score,
        .low = run->evaluated.low,
        .high = run->evaluated.high,
        .task = run->task ? run->task->id.at : "",
        .task_digest = run->task ? version_task_digest(&run->loaded->version, run->task->id) : "",
        .scoring = scoring,
        .board = board,
        .ladder = run->evaluated.reached,
        .ladder_count = run->end.state[0] == 'd' ? run->evaluated.reached_count : 0,
        .ladder_seen = run->evaluated.seen,
        .ladder_seen_count = run->end.state[0] == 'd' ? run->evaluated.seen_count : 0,
        .replayed = run->again.rows,
        .replayed_count = run->again.row_count,
        .receipt = receipt_save,
        .receipt_at = run,
    };
    if (!store_finish(run->store, &run->claim, &end, &run->lost, why)) {
        if (went_well) /* it has not ended: tries are counted as for any step */
            run->end.state = run->end.verdict = run->end.message = NULL;
        return false;
    }
    run->recorded = !run->lost;
    if (run->recorded)
        grader_log(run->grader, "info", "event=ended run=%s team=%s state=%s verdict=%s",
                   run->claim.run, run->claim.team.at, run->end.state, run->end.verdict);
    return run->recorded;
}
