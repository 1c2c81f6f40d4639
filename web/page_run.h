/* Parts of the page of a run. Internal to web/page_run*.c. */
#pragma once

#include "web/visit.h"

void put_steps(struct visit *visit, const struct view_page *page);
/* page_run_serve.c; nothing when no server was asked or needed. */
void put_serving(struct visit *visit, const struct view_page *page);
void put_points(struct visit *visit, const struct view_page *page);
void put_fact_table(struct visit *visit, const struct view_page *page);
