/* Little-endian numbers and texts, written and read with bounds. */
#include "core/learn/bytes.h"
#include <math.h>

#define TEXT_BYTES_MOST 65536
#define IN_PLACE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) /* lists are bytes as they lie */

static void put(struct text *out, uint64_t value, size_t size)
{
    char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(unsigned char)(value >> (8 * i));
    text_add(out, (struct str){ bytes, size });
}

static uint64_t get(struct bytes *in, size_t size)
{
    if (in->failed || in->rest.len < size) {
        in->failed = true;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)(unsigned char)in->rest.at[i] << (8 * i);
    in->rest = str_from(in->rest, size);
    return value;
}

void bytes_put_u32(struct text *out, uint32_t value)
{
    put(out, value, 4);
}

void bytes_put_u64(struct text *out, uint64_t value)
{
    put(out, value, 8);
}

void bytes_put_double(struct text *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(out, bits, 8);
}

void bytes_put_text(struct text *out, struct str value)
{
    bytes_put_u32(out, (uint32_t)value.len);
    text_add(out, value);
}

void bytes_put_doubles(struct text *out, const double *values, size_t count)
{
    bytes_put_u32(out, (uint32_t)count);
    if (IN_PLACE)
        text_add(out, (struct str){ (const char *)values, count * sizeof *values });
    for (size_t i = 0; !IN_PLACE && i < count; i++)
        bytes_put_double(out, values[i]);
}

uint32_t bytes_u32(struct bytes *in)
{
    return (uint32_t)get(in, 4);
}

uint64_t bytes_u64(struct bytes *in)
{
    return get(in, 8);
}

double bytes_double(struct bytes *in)
{
    uint64_t bits = get(in, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double bytes_finite(struct bytes *in)
{
    double value = bytes_double(in);
    if (isfinite(value))
        return value;
    in->failed = true;
    return 0;
}

struct str bytes_text(struct bytes *in)
{
    uint32_t len = bytes_u32(in);
    if (in->failed || len > TEXT_BYTES_MOST || len > in->rest.len) {
        in->failed = true;
        return S("");
    }
    struct str text = str_keep(in->arena, str_until(in->rest, len));
    in->rest = str_from(in->rest, len);
    return text;
}

size_t bytes_count(struct bytes *in, size_t each)
{
    uint32_t count = bytes_u32(in);
    if (in->failed || count > in->rest.len / each) {
        in->failed = true;
        return 0;
    }
    return count;
}

double *bytes_doubles(struct bytes *in, size_t count)
{
    size_t there = bytes_count(in, 8);
    if (there != count)
        in->failed = true;
    if (in->failed)
        return NULL;
    double *values = arena_array(in->arena, double, count);
    if (!IN_PLACE) {
        for (size_t i = 0; i < count; i++)
            values[i] = bytes_finite(in);
        return values;
    }
    memcpy(values, in->rest.at, count * sizeof *values);
    in->rest = str_from(in->rest, count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            in->failed = true;
    return values;
}

void bytes_put_u32s(struct text *out, const uint32_t *values, size_t count)
{
    bytes_put_u32(out, (uint32_t)count);
    if (IN_PLACE)
        text_add(out, (struct str){ (const char *)values, count * sizeof *values });
    for (size_t i = 0; !IN_PLACE && i < count; i++)
        bytes_put_u32(out, values[i]);
}

void bytes_put_floats(struct text *out, const float *values, size_t count)
{
    bytes_put_u32(out, (uint32_t)count);
    if (IN_PLACE)
        text_add(out, (struct str){ (const char *)values, count * sizeof *values });
    for (size_t i = 0; !IN_PLACE && i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bytes_put_u32(out, bits);
    }
}

uint32_t *bytes_u32s(struct bytes *in, size_t count)
{
    if (bytes_count(in, 4) != count)
        in->failed = true;
    if (in->failed)
        return NULL;
    uint32_t *values = arena_array(in->arena, uint32_t, count);
    for (size_t i = 0; !IN_PLACE && i < count; i++)
        values[i] = bytes_u32(in);
    if (IN_PLACE) {
        memcpy(values, in->rest.at, count * sizeof *values);
        in->rest = str_from(in->rest, count * sizeof *values);
    }
    return values;
}

float *bytes_floats(struct bytes *in, size_t count)
{
    uint32_t *bits = bytes_u32s(in, count);
    float *values = (float *)bits;
    for (size_t i = 0; bits && i < count; i++) {
        uint32_t word = bits[i];
        memcpy(&values[i], &word, sizeof word);
        if (!isfinite(values[i]))
            in->failed = true;
    }
    return in->failed ? NULL : values;
}
