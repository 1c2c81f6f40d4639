/* Reads the columns id, Seniority, Age, Records and bad by their place in the line. */
#include "loan.h"

#include <stdlib.h>
#include <string.h>

int loan_read(FILE *file, struct loan *loan)
{
    char line[512], *rest = line, *cell;
    if (!file || !fgets(line, sizeof line, file))
        return 0;
    for (int column = 0; (cell = strsep(&rest, ",\n")); column++) {
        if (column == 0)
            snprintf(loan->id, sizeof loan->id, "%s", cell);
        else if (column == 1)
            loan->seniority = (int)strtol(cell, NULL, 10);
        else if (column == 4)
            loan->age = (int)strtol(cell, NULL, 10);
        else if (column == 6)
            loan->has_records = strcmp(cell, "yes") == 0;
        else if (column == 14)
            loan->bad = (int)strtol(cell, NULL, 10);
    }
    return 1;
}
