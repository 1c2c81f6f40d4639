/* One loan, as far as the scorecard looks at it. */
#pragma once

#include <stdio.h>

struct loan {
    char id[16];
    int seniority;
    int age;
    int has_records;
    int bad;
};

/* Reads the next line of a CSV file; 0 at the end. */
int loan_read(FILE *file, struct loan *loan);
