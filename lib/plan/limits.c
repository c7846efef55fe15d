// SPDX-License-Identifier: GPL-2.0-or-later
// Which limit counts where several owners set one.
#include "lib/plan/limits.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/comma_list.h"
#include "lib/plan/cluster.h"

enum { MOST_OWNERS = 16 }; // accounts are rarely nested so deep

struct limited_partition {
    const struct cluster_partition *of;
    struct limits limits;
    int32_t nodes;
    struct cluster_partition partition; // the outcome
    struct limited_partition *next;
};

static const char *const kind_keys[LIMIT_KINDS] = {
    [LIMIT_CPUS] = "cpus",           [LIMIT_GPUS] = "gpus",      [LIMIT_NODES] = "nodes",
    [LIMIT_MEMORY] = "memory_bytes", [LIMIT_TIME] = "time_usec", [LIMIT_JOBS] = "jobs",
};

static const char *text_of(const json_t *object, const char *key, struct arena *arena)
{
    return arena_strdup(arena, json_string_value(json_object_get(object, key)));
}

static void read_caps(struct limit_owner *owner, const json_t *list, struct arena *arena)
{
    size_t i;
    json_t *item;
    owner->caps = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *owner->caps);
    json_array_foreach(list, i, item) {
        struct limit_cap *cap = &owner->caps[owner->caps_count++];
        *cap = (struct limit_cap){.limit = text_of(item, "limit", arena)};
        for (int kind = 0; kind < LIMIT_KINDS; kind++)
            cap->most[kind] = json_integer_value(json_object_get(item, kind_keys[kind]));
        if (!cap->limit)
            owner->caps_count--;
    }
}

struct limit_owner *limits_read(const json_t *list, struct arena *arena, uint32_t *count)
{
    size_t i;
    json_t *item;
    struct limit_owner *owners = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *owners);
    *count = 0;
    json_array_foreach(list, i, item) {
        struct limit_owner *owner = &owners[(*count)++];
        *owner = (struct limit_owner){
            .qos = text_of(item, "qos", arena),
            .account = text_of(item, "account", arena),
            .parent = text_of(item, "parent", arena),
            .partition = text_of(item, "partition", arena),
            .default_qos = text_of(item, "default_qos", arena),
            .of_user = json_is_true(json_object_get(item, "of_user")),
            .is_default = json_is_true(json_object_get(item, "is_default")),
            .over_partition = json_is_true(json_object_get(item, "over_partition")),
        };
        read_caps(owner, json_object_get(item, "caps"), arena);
    }
    return owners;
}

static bool same(const char *a, const char *b)
{
    return a && b && !strcasecmp(a, b);
}

static bool names_allowed(const char *allow, const char *deny, const char *name)
{
    return !name || ((!allow || !strcasecmp(allow, "all") || comma_list_has(allow, name)) &&
                     (!deny || !comma_list_has(deny, name)));
}

// One of the user's whose jobs the partition takes; NULL: none.
static const char *other_account(const struct cluster *cluster, const struct cluster_partition *p)
{
    for (uint32_t i = 0; i < cluster->owners_count; i++) {
        const struct limit_owner *o = &cluster->owners[i];
        if (o->of_user && o->account &&
            names_allowed(p->allow_accounts, p->deny_accounts, o->account))
            return o->account;
    }
    return NULL;
}

bool limits_take(const struct cluster *cluster, const struct cluster_partition *p,
                 const char *account, const char *qos, char *why, size_t size)
{
    const char *other = other_account(cluster, p);
    if (!names_allowed(p->allow_accounts, p->deny_accounts, account))
        snprintf(why, size,
                 "partition %s does not take jobs of account %s (AllowAccounts, DenyAccounts)%s%s",
                 p->name, account, other ? "; it does with -A " : "", other ? other : "");
    else if (!names_allowed(p->allow_qos, p->deny_qos, qos))
        snprintf(why, size, "partition %s does not take jobs of QOS %s (AllowQos, DenyQos)",
                 p->name, qos);
    else
        return true;
    return false;
}

static const struct limit_owner *find_qos(const struct cluster *cluster, const char *name)
{
    for (uint32_t i = 0; i < cluster->owners_count; i++)
        if (same(cluster->owners[i].qos, name))
            return &cluster->owners[i];
    return NULL;
}

// Of the user's, one that is for this partition alone comes first.
static const struct limit_owner *find_association(const struct cluster *cluster, bool of_user,
                                                  const char *account, const char *partition)
{
    const struct limit_owner *found = NULL;
    for (uint32_t i = 0; i < cluster->owners_count; i++) {
        const struct limit_owner *o = &cluster->owners[i];
        if (o->of_user != of_user || !same(o->account, account))
            continue;
        if (!o->partition)
            found = found ? found : o;
        else if (same(o->partition, partition))
            return o;
    }
    return found;
}

const char *limits_default_account(const struct cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->owners_count; i++)
        if (cluster->owners[i].of_user && cluster->owners[i].is_default)
            return cluster->owners[i].account;
    return NULL;
}

const char *limits_default_qos(const struct cluster *cluster, const char *partition,
                               const char *account)
{
    const struct limit_owner *o = find_association(cluster, true, account, partition);
    return o ? o->default_qos : NULL;
}

// In the order in which they count.
static uint32_t find_owners(const struct limit_owner *owners[MOST_OWNERS],
                            const struct cluster *cluster,
                            const struct cluster_partition *partition, const char *account,
                            const char *qos)
{
    const struct limit_owner *own = find_qos(cluster, qos);
    const struct limit_owner *of_partition = find_qos(cluster, partition->qos);
    uint32_t count = 0;
    bool own_first = own && own->over_partition;
    if (own_first)
        owners[count++] = own;
    if (of_partition)
        owners[count++] = of_partition;
    if (own && !own_first)
        owners[count++] = own;
    const struct limit_owner *o = find_association(cluster, true, account, partition->name);
    if (o)
        owners[count++] = o;
    o = find_association(cluster, false, account, NULL);
    for (; o && count < MOST_OWNERS; o = find_association(cluster, false, o->parent, NULL))
        owners[count++] = o;
    return count;
}

// Has one that comes before set this limit, of this kind?
static bool is_set(const struct limit_owner *const *owners, uint32_t before, const char *limit,
                   int kind)
{
    for (uint32_t i = 0; i < before; i++)
        for (uint32_t c = 0; c < owners[i]->caps_count; c++)
            if (owners[i]->caps[c].most[kind] > 0 && same(owners[i]->caps[c].limit, limit))
                return true;
    return false;
}

void limits_find(struct limits *limits, const struct cluster *cluster,
                 const struct cluster_partition *partition, const char *account, const char *qos)
{
    const struct limit_owner *owners[MOST_OWNERS];
    uint32_t count = find_owners(owners, cluster, partition, account, qos);
    *limits = (struct limits){0};
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t c = 0; c < owners[i]->caps_count; c++) {
            const struct limit_cap *cap = &owners[i]->caps[c];
            for (int kind = 0; kind < LIMIT_KINDS; kind++) {
                int64_t most = cap->most[kind];
                if (most <= 0 || (limits->most[kind] && limits->most[kind] <= most) ||
                    is_set(owners, i, cap->limit, kind))
                    continue;
                limits->most[kind] = most;
                limits->caps[kind] = cap;
                limits->owners[kind] = owners[i];
            }
        }
    }
}

const char *limits_say(const struct limits *limits, enum limit_kind kind, char text[LIMIT_TEXT])
{
    const struct limit_owner *owner = limits->owners[kind];
    snprintf(text, LIMIT_TEXT, "%s of %s %s", limits->caps[kind]->limit,
             owner->qos ? "QOS" : "account", owner->qos ? owner->qos : owner->account);
    return text;
}

// Of two limits, either of which may be 0, which is none.
static int64_t lower(int64_t a, int64_t b)
{
    return !b || (a && a < b) ? a : b;
}

static int64_t share_of(int64_t limit, int32_t nodes)
{
    return limit && limit < nodes ? 1 : limit / nodes;
}

static void lower_limits(struct cluster_partition *p, const struct limits *limits, int32_t nodes)
{
    const int64_t *most = limits->most;
    p->max_time_usec = lower(p->max_time_usec, most[LIMIT_TIME]);
    p->max_nodes = (int32_t)lower(p->max_nodes, most[LIMIT_NODES]);
    p->max_cpus_per_node = (int32_t)lower(p->max_cpus_per_node, share_of(most[LIMIT_CPUS], nodes));
    p->max_memory_per_node_bytes =
        lower(p->max_memory_per_node_bytes, share_of(most[LIMIT_MEMORY], nodes));
}

const struct cluster_partition *limits_partition(const struct cluster *cluster,
                                                 const struct cluster_partition *partition,
                                                 const char *account, const char *qos,
                                                 int32_t nodes, struct limits *limits)
{
    limits_find(limits, cluster, partition, account, qos);
    if (!cluster->owners_count)
        return partition;
    struct limited_partition *l = *cluster->limited;
    while (l && (l->of != partition || l->nodes != nodes ||
                 memcmp(&l->limits, limits, sizeof *limits) != 0))
        l = l->next;
    if (!l) {
        l = arena_alloc(cluster->arena, sizeof *l);
        *l = (struct limited_partition){.of = partition,
                                        .partition = *partition,
                                        .limits = *limits,
                                        .nodes = nodes,
                                        .next = *cluster->limited};
        lower_limits(&l->partition, limits, nodes);
        *cluster->limited = l;
    }
    return &l->partition;
}
