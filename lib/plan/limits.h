// SPDX-License-Identifier: GPL-2.0-or-later
// What QOS, accounts and associations allow one allocation to have, by the rules of Slurm: of a
// limit that several of them set, the first counts, in the order partition's QOS, job's QOS, the
// user's association, her account, the accounts above it. Pure.
#ifndef LIB_PLAN_LIMITS_H
#define LIB_PLAN_LIMITS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct cluster;
struct cluster_partition;

enum limit_kind {
    LIMIT_CPUS,
    LIMIT_GPUS,
    LIMIT_NODES,
    LIMIT_MEMORY, // bytes
    LIMIT_TIME,   // us
    LIMIT_JOBS,   // allocations that may wait or run at a time
    LIMIT_KINDS
};

struct limit_cap {             // one limit, such as "MaxTRESPerUser"
    const char *limit;         // its name
    int64_t most[LIMIT_KINDS]; // 0: says nothing of it
};

struct limit_owner {
    const char *qos; // NULL: an association, of these:
    const char *account, *parent, *partition, *default_qos;
    bool of_user, is_default; // else of all users of the account; of_user: the account is hers
    bool over_partition;      // a QOS that comes before the partition's
    struct limit_cap *caps;
    uint32_t caps_count;
};

struct limits { // the lowest of each kind, and who says so; 0 and NULL: there is none
    int64_t most[LIMIT_KINDS];
    const struct limit_cap *caps[LIMIT_KINDS];
    const struct limit_owner *owners[LIMIT_KINDS];
};

// From slurm-query's JSON: [{"qos" or "account", …, "caps": [{"limit", "cpus", …}]}].
struct limit_owner *limits_read(const json_t *list, struct arena *arena, uint32_t *count);

// What Slurm takes for who names none; NULL: not known.
const char *limits_default_account(const struct cluster *cluster);
const char *limits_default_qos(const struct cluster *cluster, const char *partition,
                               const char *account);

// Does the partition take jobs of this account and QOS (NULL: not known)? Else *why is the
// sentence.
bool limits_take(const struct cluster *cluster, const struct cluster_partition *partition,
                 const char *account, const char *qos, char *why, size_t size);

void limits_find(struct limits *limits, const struct cluster *cluster,
                 const struct cluster_partition *partition, const char *account, const char *qos);

// The partition with its own limits as low as those, for allocations of so many nodes. Whoever asks
// for the same again gets the same pointer; the cluster owns it.
const struct cluster_partition *limits_partition(const struct cluster *cluster,
                                                 const struct cluster_partition *partition,
                                                 const char *account, const char *qos,
                                                 int32_t nodes, struct limits *limits);

// "MaxWall of QOS normal", of a kind that there is.
enum { LIMIT_TEXT = 120 };
const char *limits_say(const struct limits *limits, enum limit_kind kind, char text[LIMIT_TEXT]);

#endif
