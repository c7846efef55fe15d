// SPDX-License-Identifier: GPL-2.0-or-later
// Random numbers that are the same everywhere for the same seed (splitmix64).
#ifndef BENCH_SIMULATE_RANDOM_H
#define BENCH_SIMULATE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline double random_part(uint64_t *state) // 0 … 1, without 1
{
    return (double)(random_next(state) >> 11) / 9007199254740992.0;
}

static inline int64_t random_below(uint64_t *state, int64_t most) // 0 … most - 1
{
    return (int64_t)(random_part(state) * (double)most);
}

#endif
