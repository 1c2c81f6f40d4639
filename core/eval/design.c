/* Rows that belong together. */
#include "core/eval/design.h"

enum together { ALONE, CLUSTERS, NEIGHBOURS };

static enum together together_of(const struct scored *rows)
{
    bool is_forecast = rows->kind == TRUTH_NUMBER && (rows->time || rows->history);
    if (rows->group && (!is_forecast || rows->group_count >= DESIGN_SERIES))
        return CLUSTERS;
    return is_forecast ? NEIGHBOURS : ALONE;
}

bool design_is_plain(const struct scored *rows)
{
    return together_of(rows) == ALONE;
}

struct resampling design_of(struct arena *arena, const struct scored *rows, uint64_t seed)
{
    enum together together = together_of(rows);
    return together == CLUSTERS     ? resample_clusters(arena, rows->group, rows->n, seed)
           : together == NEIGHBOURS ? resample_blocks(rows->n, 0, seed)
                                    : resample_rows(rows->n, seed);
}

size_t design_part_count(const struct scored *rows, size_t most)
{
    enum together together = together_of(rows);
    size_t units = together == CLUSTERS     ? rows->group_count
                   : together == NEIGHBOURS ? resample_blocks(rows->n, 0, 0).draws
                                            : rows->n;
    return units < most ? units : most;
}

size_t design_part(const struct scored *rows, size_t i, size_t part_count)
{
    enum together together = together_of(rows);
    return together == CLUSTERS     ? rows->group[i] % part_count
           : together == NEIGHBOURS ? i * part_count / rows->n
                                    : i % part_count;
}
