/* Metrics of clusterings: against known classes, and by the features of the rows alone. */
#include "core/eval/contingency.h"
#include "core/eval/metric_parts.h"
#include "core/eval/normal.h"
#include "core/eval/silhouettes.h"
#include "core/math/sum.h"
#include <math.h>

#define JACKKNIFE_CELLS_MOST 400 /* beyond it rows are left out in batches */
#define JACKKNIFE_BATCHES 100

static double ratio(double part, double of)
{
    return of > 0 ? part / of : 1;
}

static double information(const struct contingency *t, double *class, double *cluster)
{
    *class = contingency_class_entropy(t);
    *cluster = contingency_cluster_entropy(t);
    return contingency_mutual_info(t);
}

/* Mutual information / a mean of the entropies; one class and one cluster agree, else 0 / 0 is
   0. */
static double normalized(const struct contingency *t, double (*mean)(double, double))
{
    double class, cluster, shared = information(t, &class, &cluster);
    if (class == 0 && cluster == 0)
        return 1;
    double of = mean(class, cluster);
    return of > 0 ? fmin(1, shared / of) : 0;
}

static double arithmetic(double a, double b)
{
    return (a + b) / 2;
}

static double geometric(double a, double b)
{
    return sqrt(a * b);
}

static double nmi(const struct contingency *t)
{
    return normalized(t, arithmetic);
}

static double nmi_geometric(const struct contingency *t)
{
    return normalized(t, geometric);
}

static double nmi_max(const struct contingency *t)
{
    return normalized(t, fmax);
}

static double ami(const struct contingency *t)
{
    double class, cluster, shared = information(t, &class, &cluster);
    if (class == 0 && cluster == 0)
        return 1;
    double chance = contingency_expected_mutual_info(t);
    double most = (class + cluster) / 2 - chance;
    if (fabs(most) < 1e-15)
        most = most < 0 ? -1e-15 : 1e-15;
    return (shared - chance) / most;
}

static double homogeneity(const struct contingency *t)
{
    double class, cluster, shared = information(t, &class, &cluster);
    return fmin(1, ratio(shared, class));
}

static double completeness(const struct contingency *t)
{
    double class, cluster, shared = information(t, &class, &cluster);
    return fmin(1, ratio(shared, cluster));
}

static double v_measure(const struct contingency *t)
{
    double h = homogeneity(t), c = completeness(t);
    return h + c > 0 ? 2 * h * c / (h + c) : 0;
}

typedef double of_table(const struct contingency *t);

/* Value without a row, for the rows of each cell alike: squares and mean about which they are. */
static double deviation_by_cells(struct contingency *t, of_table *of)
{
    double n = t->n, without[JACKKNIFE_CELLS_MOST];
    struct sum sum = { 0 }, squares = { 0 };
    for (size_t i = 0; i < t->cell_count; i++) {
        double count = t->count[i];
        t->count[i] = count - 1;
        contingency_sum(t);
        without[i] = of(t);
        t->count[i] = count;
        sum_add(&sum, count * without[i]);
    }
    contingency_sum(t);
    double mean = sum_value(&sum) / n;
    for (size_t i = 0; i < t->cell_count; i++)
        sum_add(&squares, t->count[i] * (without[i] - mean) * (without[i] - mean));
    return sqrt((n - 1) / n * sum_value(&squares));
}

static double deviation_by_batches(struct arena *arena, struct contingency *t, of_table *of)
{
    uint32_t *weight = arena_array(arena, uint32_t, t->row_count);
    double without[JACKKNIFE_BATCHES], count = JACKKNIFE_BATCHES;
    for (size_t b = 0; b < JACKKNIFE_BATCHES; b++) {
        for (size_t i = 0; i < t->row_count; i++)
            weight[i] = i % JACKKNIFE_BATCHES != b;
        contingency_count(t, weight);
        without[b] = of(t);
    }
    contingency_count(t, NULL);
    double mean = mean_of(without, JACKKNIFE_BATCHES);
    return sqrt((count - 1) * variance_of(without, JACKKNIFE_BATCHES, mean));
}

/* Resamples hold rows twice, which are always together: the jackknife does not see such pairs. */
static struct interval table_interval(struct arena *arena, struct contingency *t, of_table *of,
                                      double value)
{
    if (t->n < 3)
        return (struct interval){ NAN, NAN };
    if (of == contingency_purity ||
        (value == 1 &&
         of != contingency_mutual_info)) /* a share; or all alike: as if it were one */
        return interval_wilson(value * t->n, t->n);
    double half =
        NORMAL_975 * (t->cell_count <= JACKKNIFE_CELLS_MOST ? deviation_by_cells(t, of)
                                                            : deviation_by_batches(arena, t, of));
    return (struct interval){ value - half, value + half };
}

static void measure_table(METRIC_PARTS, of_table *of, double least, double most)
{
    struct contingency *table = arena_new(arena, struct contingency);
    contingency_make(arena, rows, table);
    out->value = of(table);
    if (!options->without_interval)
        interval_set(out, table_interval(arena, table, of, out->value), least, most);
}

static void *table_prepare(PREPARE_PARTS)
{
    (void)options;
    (void)note;
    struct contingency *table = arena_new(arena, struct contingency);
    contingency_make(arena, rows, table);
    return table;
}

#define OF_TABLE(of, least, most)                                                                  \
    static void measure_##of(METRIC_PARTS)                                                         \
    {                                                                                              \
        measure_table(arena, rows, options, out, of, least, most);                                 \
    }                                                                                              \
    static double value_##of(VALUE_PARTS)                                                          \
    {                                                                                              \
        (void)note;                                                                                \
        contingency_count(prepared, weight);                                                       \
        return of(prepared);                                                                       \
    }

OF_TABLE(contingency_rand, 0, 1)
OF_TABLE(contingency_ari, -0.5, 1)
OF_TABLE(contingency_fowlkes_mallows, 0, 1)
OF_TABLE(contingency_purity, 0, 1)
OF_TABLE(contingency_mutual_info, 0, INFINITY)
OF_TABLE(nmi, 0, 1)
OF_TABLE(nmi_geometric, 0, 1)
OF_TABLE(nmi_max, 0, 1)
OF_TABLE(ami, -1, 1)
OF_TABLE(homogeneity, 0, 1)
OF_TABLE(completeness, 0, 1)
OF_TABLE(v_measure, 0, 1)

/* Clusters in their feature space; rows count weight times. */
struct space {
    size_t n, width, clusters;
    const double *features;
    const uint32_t *cluster; /* [n] */
    double *centres;         /* [clusters * width] */
    double *sizes, *spread;  /* [clusters] */
    double *middle;          /* [width] of all rows */
};

static void *space_prepare(PREPARE_PARTS)
{
    (void)options;
    (void)note;
    struct space *s = arena_new(arena, struct space);
    *s = (struct space){ .n = rows->n, .width = rows->feature_count, .features = rows->features };
    s->cluster = clusters_numbered(arena, rows, &s->clusters);
    s->centres = arena_array(arena, double, s->clusters * s->width);
    s->sizes = arena_array(arena, double, s->clusters);
    s->spread = arena_array(arena, double, s->clusters);
    s->middle = arena_array(arena, double, s->width);
    return s;
}

static double weight_of(const uint32_t *weight, size_t i)
{
    return weight ? weight[i] : 1;
}

/* Sizes, centres and the middle; gives how many clusters have rows. */
static size_t centres_make(struct space *s, const uint32_t *weight)
{
    size_t kept = 0;
    double n = 0;
    memset(s->centres, 0, s->clusters * s->width * sizeof *s->centres);
    memset(s->sizes, 0, s->clusters * sizeof *s->sizes);
    memset(s->middle, 0, s->width * sizeof *s->middle);
    for (size_t i = 0; i < s->n; i++) {
        double w = weight_of(weight, i), *centre = s->centres + s->cluster[i] * s->width;
        s->sizes[s->cluster[i]] += w;
        n += w;
        for (size_t k = 0; k < s->width; k++)
            centre[k] += w * s->features[i * s->width + k];
    }
    for (size_t c = 0; c < s->clusters; c++) {
        kept += s->sizes[c] > 0;
        for (size_t k = 0; k < s->width; k++) {
            s->middle[k] += s->centres[c * s->width + k] / n;
            s->centres[c * s->width + k] /= s->sizes[c] > 0 ? s->sizes[c] : 1;
        }
    }
    return kept;
}

static double squared_distance(const double *a, const double *b, size_t width)
{
    double sum = 0;
    for (size_t k = 0; k < width; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

static const double *centre_of(const struct space *s, size_t cluster)
{
    return s->centres + cluster * s->width;
}

static double value_calinski_harabasz(VALUE_PARTS)
{
    struct space *s = prepared;
    double kept = (double)centres_make(s, weight), n = 0;
    struct sum between = { 0 }, within = { 0 };
    for (size_t c = 0; c < s->clusters; c++) {
        n += s->sizes[c];
        sum_add(&between, s->sizes[c] * squared_distance(centre_of(s, c), s->middle, s->width));
    }
    for (size_t i = 0; i < s->n; i++)
        sum_add(&within,
                weight_of(weight, i) * squared_distance(s->features + i * s->width,
                                                        centre_of(s, s->cluster[i]), s->width));
    if (kept < 2 || kept >= n)
        return NAN;
    if (sum_value(&within) > 0)
        return sum_value(&between) / (kept - 1) / (sum_value(&within) / (n - kept));
    *note = "all rows stand on the centres of their clusters: set to 1";
    return 1;
}

static double value_davies_bouldin(VALUE_PARTS)
{
    struct space *s = prepared;
    size_t kept = centres_make(s, weight);
    struct sum sum = { 0 };
    (void)note;
    memset(s->spread, 0, s->clusters * sizeof *s->spread);
    for (size_t i = 0; i < s->n; i++) {
        size_t c = s->cluster[i];
        s->spread[c] += weight_of(weight, i) * sqrt(squared_distance(s->features + i * s->width,
                                                                     centre_of(s, c), s->width));
    }
    for (size_t c = 0; c < s->clusters; c++)
        s->spread[c] /= s->sizes[c] > 0 ? s->sizes[c] : 1;
    for (size_t c = 0; c < s->clusters; c++) {
        double worst = 0;
        for (size_t o = 0; o < s->clusters && s->sizes[c] > 0; o++) {
            double apart = sqrt(squared_distance(centre_of(s, c), centre_of(s, o), s->width));
            if (o != c && s->sizes[o] > 0 && apart > 0)
                worst = fmax(worst, (s->spread[c] + s->spread[o]) / apart);
        }
        sum_add(&sum, worst);
    }
    return kept < 2 ? NAN : sum_value(&sum) / (double)kept;
}

static const char *space_obstacle(const struct scored *rows, const struct metric_options *options)
{
    (void)options;
    if (rows->feature_count == 0)
        return "the features of the rows are needed";
    bool used = false;
    for (size_t i = 1; i < rows->n; i++)
        used |= rows->prediction[i] != rows->prediction[0];
    return !used || rows->cluster_count >= rows->n
               ? "2 clusters at least and fewer than rows are needed"
               : NULL;
}

static double *silhouettes_of(struct arena *arena, const struct scored *rows)
{
    size_t clusters;
    const uint32_t *cluster = clusters_numbered(arena, rows, &clusters);
    double *out = arena_array(arena, double, rows->n);
    struct silhouette_input in = { rows->features, rows->n, rows->feature_count, cluster,
                                   clusters };
    silhouettes(arena, &in, out);
    return out;
}

static void measure_silhouette(METRIC_PARTS)
{
    const double *each = silhouettes_of(arena, rows);
    out->value = mean_of(each, rows->n);
    if (isnan(out->value))
        out->note = "the features are too large for distances";
    else if (!options->without_interval)
        interval_set(out, interval_of_mean(arena, each, rows->n, options->seed), -1, 1);
}

static void resample_silhouette(RESAMPLE_PARTS)
{
    bootstrap_means(silhouettes_of(arena, rows), rows->n, options->seed, out, count);
}

#define KNOWN(word, of, from, to)                                                                  \
    .name = (word), .kinds = TRUTH_CLUSTERS, .higher_is_better = true, .least = (from),            \
    .most = (to), .interval = "jackknife of rows; where all agree, Wilson's of a share",           \
    .measure = measure_##of, .prepare = table_prepare, .value = value_##of
#define SPACE(word)                                                                                \
    .name = (word), .kinds = TRUTH_CLUSTERS, .obstacle = space_obstacle,                           \
    .needs = "the features of the rows", .edges = "not defined for one cluster or as many as rows"

static const struct metric clusters[] = {
    { KNOWN("adjusted_rand_index", contingency_ari, -0.5, 1), .title = "adjusted Rand index",
      .definition =
          "share of pairs of rows that classes and clusters agree on, moved and scaled so "
          "that chance is 0 and equal is 1 (Hubert & Arabie)",
      .edges = "1 when both are one group, or both all groups of one" },
    { KNOWN("rand_index", contingency_rand, 0, 1), .title = "Rand index",
      .definition = "share of pairs of rows that are together, or apart, in both" },
    { KNOWN("normalized_mutual_info", nmi, 0, 1), .title = "normalized mutual information",
      .definition = "mutual information / arithmetic mean of the entropies of classes and clusters",
      .edges = "1 when both are one group, 0 when one of them is" },
    { KNOWN("normalized_mutual_info_geometric", nmi_geometric, 0, 1),
      .title = "normalized mutual information, geometric",
      .definition = "mutual information / geometric mean of the entropies",
      .edges = "1 when both are one group, 0 when one of them is" },
    { KNOWN("normalized_mutual_info_max", nmi_max, 0, 1),
      .title = "normalized mutual information, by the larger",
      .definition = "mutual information / the larger of the entropies",
      .edges = "1 when both are one group, 0 when one of them is" },
    { KNOWN("adjusted_mutual_info", ami, -1, 1), .title = "adjusted mutual information",
      .definition = "mutual information, moved and scaled so that chance is 0 and the arithmetic "
                    "mean of the entropies is 1 (Vinh, Epps & Bailey)",
      .edges = "1 when both are one group" },
    { KNOWN("clusters_mutual_info", contingency_mutual_info, 0, INFINITY),
      .title = "mutual information of the clusters",
      .definition = "information in nats that clusters give on classes" },
    { KNOWN("homogeneity", homogeneity, 0, 1), .title = "homogeneity",
      .definition =
          "mutual information / entropy of the classes: 1 when each cluster is of one class",
      .edges = "1 for rows of one class" },
    { KNOWN("completeness", completeness, 0, 1), .title = "completeness",
      .definition = "mutual information / entropy of the clusters: 1 when each class is in one "
                    "cluster",
      .edges = "1 for one cluster" },
    { KNOWN("v_measure", v_measure, 0, 1), .title = "V-measure",
      .definition = "harmonic mean of homogeneity and completeness" },
    { KNOWN("fowlkes_mallows", contingency_fowlkes_mallows, 0, 1), .title = "Fowlkes-Mallows index",
      .definition = "root of precision times recall of pairs of rows that are together",
      .edges = "0 when no pair is together in both" },
    { KNOWN("purity", contingency_purity, 0, 1), .title = "purity",
      .definition = "share of rows that are of the most frequent class of their cluster" },
    { SPACE("silhouette"), .title = "silhouette", .higher_is_better = true, .least = -1, .most = 1,
      .definition =
          "mean of (b - a) / max(a, b): a the mean distance of a row to the others of its "
          "cluster, b to those of the nearest other; 0 for a row alone in its cluster",
      .interval = "BCa bootstrap of the rows' silhouettes, beyond 10000 rows normal",
      .measure = measure_silhouette, .resample = resample_silhouette },
    { SPACE("davies_bouldin"), .title = "Davies-Bouldin index", .least = 0, .most = INFINITY,
      .definition = "mean over clusters of the worst ratio of two spreads (mean distances to the "
                    "centre) to the distance of the centres",
      .interval = METRIC_BCA, .prepare = space_prepare, .value = value_davies_bouldin },
    { SPACE("calinski_harabasz"), .title = "Calinski-Harabasz index", .higher_is_better = true,
      .least = 0, .most = INFINITY,
      .definition = "spread between clusters / (clusters - 1), divided by the spread within them / "
                    "(rows - clusters)",
      .interval = METRIC_BCA, .prepare = space_prepare, .value = value_calinski_harabasz },
};
const struct metric_family metrics_clusters = METRIC_FAMILY("clusters", clusters);
