/* Statements of the step cache, in the table of queries.c. */
#pragma once

/* clang-format off */
#define QUERIES_CACHE \
    [CACHE_GET] = { \
        "SELECT run, result, bytes FROM cache_step WHERE key = ?1" \
    }, \
    [CACHE_PUT] = { \
        "INSERT INTO cache_step (key, team, kind, seed_at, heldout, run, result, bytes, made_ms," \
        " used_ms, uses) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 0) ON CONFLICT (key) DO" \
        " UPDATE SET run = excluded.run, result = excluded.result, bytes = excluded.bytes," \
        " made_ms = excluded.made_ms, used_ms = excluded.used_ms, uses = 0" \
    }, \
    [CACHE_USE] = { \
        "UPDATE cache_step SET used_ms = ?2, uses = uses + 1 WHERE key = ?1" \
    }, \
    [CACHE_DROP] = { \
        "DELETE FROM cache_step WHERE key = ?1" \
    }, \
    [CACHE_BYTES] = { \
        "SELECT bytes FROM cache_total" \
    }, \
    [CACHE_OLDEST] = { \
        "SELECT key, heldout FROM cache_step ORDER BY used_ms, key LIMIT 1" \
    }, \
    [CACHE_KEYS] = { \
        "SELECT key, heldout FROM cache_step ORDER BY key" \
    }, \
    [CACHE_TEAM] = { \
        "SELECT key, heldout FROM cache_step WHERE team = ?1 LIMIT 1" \
    }, \
    [FRESH_ADD] = { \
        "INSERT OR IGNORE INTO run_fresh (run) VALUES (?1)" \
    }, \
    [FRESH_GET] = { \
        "SELECT 1 FROM run_fresh WHERE run = ?1" \
    },
/* clang-format on */
