/* Parts of the page of a team. Internal to web/page_team*.c. */
#pragma once

#include "web/visit.h"

void put_team_state(struct visit *visit, const struct view_team_state *state);
void put_comparisons(struct visit *visit, const struct view_team_state *state);
/* NULL: not a version of its own. */
const struct view_version *version_of_run(const struct view_team_state *state, struct str run);
