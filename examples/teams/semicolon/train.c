/* Counts, for each number of points, how many loans went bad. */
#include "loan.h"

#define POINTS 8

static int points(const struct loan *loan)
{
    int sum = 0;
    if (loan->seniority > 2)
        sum += 2;
    if (loan->age > 30)
        sum += 1;
    if (!loan->has_records)
        sum += 4;
    return sum
}

int main(void)
{
    double bad[POINTS] = { 0 }, all[POINTS] = { 0 };
    struct loan loan;
    FILE *in = fopen("/opt/ml/input/data/train/train.csv", "r");
    while (loan_read(in, &loan)) {
        all[points(&loan)]++;
        bad[points(&loan)] += loan.bad;
    }
    FILE *out = fopen("/opt/ml/model/card.txt", "w");
    for (int i = 0; i < POINTS; i++)
        fprintf(out, "%d %f\n", i, (bad[i] + 1) / (all[i] + 4));
    return fclose(out);
}
