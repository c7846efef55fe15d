// SPDX-License-Identifier: GPL-2.0-or-later
// From the records that slurmctld keeps of the accounting database; it is not asked itself.
#include "submitter/query_limits.h"

#include <pwd.h>
#include <slurm/slurmdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENFORCE_LIMITS = 0x0002 }; // in slurm.conf's AccountingStorageEnforce; no header has it

static const json_int_t MINUTE_USEC = 60 * 1000000LL, MiB = 1024 * 1024;

struct lists {
    const assoc_mgr_info_msg_t *info;
    bool enforced; // else there are no caps, only defaults
};

// Of what Slurm counts, what an allocation is made of. A cap of 0 shuts everybody out, and is left
// to Slurm to tell, as 0 means none here.
static void set_tres(json_t *cap, const struct lists *lists, const uint64_t *limits)
{
    static const struct {
        const char *tres, *key;
        bool mib;
    } kinds[] = {{"cpu", "cpus", false},
                 {"mem", "memory_bytes", true},
                 {"node", "nodes", false},
                 {"gres/gpu", "gpus", false}};
    for (uint32_t t = 0; limits && t < lists->info->tres_cnt; t++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            if (!strcmp(lists->info->tres_names[t], kinds[k].tres) && limits[t] < NO_VAL64 &&
                limits[t] < INT64_MAX / MiB)
                json_object_set_new(cap, kinds[k].key,
                                    json_integer((json_int_t)limits[t] * (kinds[k].mib ? MiB : 1)));
}

static void add_cap(json_t *caps, const char *limit, json_t *cap)
{
    if (json_object_size(cap)) {
        json_object_set_new(cap, "limit", json_string(limit));
        json_array_append(caps, cap);
    }
    json_decref(cap);
}

static void add_tres(json_t *caps, const struct lists *lists, const char *limit,
                     const uint64_t *limits)
{
    json_t *cap = json_object();
    set_tres(cap, lists, limits);
    add_cap(caps, limit, cap);
}

static void add_number(json_t *caps, const char *limit, const char *key, uint32_t value,
                       json_int_t unit)
{
    json_t *cap = json_object();
    if (value != INFINITE && value != NO_VAL && value)
        json_object_set_new(cap, key, json_integer((json_int_t)value * unit));
    add_cap(caps, limit, cap);
}

static json_t *qos_json(const struct lists *lists, const slurmdb_qos_rec_t *qos)
{
    json_t *caps = json_array();
    if (lists->enforced) {
        add_number(caps, "MaxWall", "time_usec", qos->max_wall_pj, MINUTE_USEC);
        add_number(caps, "MaxSubmitJobsPerUser", "jobs", qos->max_submit_jobs_pu, 1);
        add_number(caps, "MaxSubmitJobsPerAccount", "jobs", qos->max_submit_jobs_pa, 1);
        add_number(caps, "GrpSubmitJobs", "jobs", qos->grp_submit_jobs, 1);
        add_tres(caps, lists, "MaxTRES", qos->max_tres_pj_ctld);
        add_tres(caps, lists, "MaxTRESPerUser", qos->max_tres_pu_ctld);
        add_tres(caps, lists, "MaxTRESPerAccount", qos->max_tres_pa_ctld);
        add_tres(caps, lists, "GrpTRES", qos->grp_tres_ctld);
    }
    return json_pack("{s:s, s:b, s:o}", "qos", qos->name, "over_partition",
                     (qos->flags & QOS_FLAG_OVER_PART_QOS) != 0, "caps", caps);
}

static const char *qos_name(const struct lists *lists, uint32_t id)
{
    __typeof__(slurm_list_iterator_create(NULL)) all =
        slurm_list_iterator_create(lists->info->qos_list);
    const slurmdb_qos_rec_t *qos;
    while ((qos = slurm_list_next(all)) && qos->id != id)
        ;
    slurm_list_iterator_destroy(all);
    return qos ? qos->name : NULL;
}

// That of the association; else the only one that it may use, as Slurm has it.
static const char *default_qos(const struct lists *lists, const slurmdb_assoc_rec_t *a)
{
    if (a->def_qos_id && a->def_qos_id != NO_VAL && a->def_qos_id != INFINITE)
        return qos_name(lists, a->def_qos_id);
    if (!a->qos_list || slurm_list_count(a->qos_list) != 1)
        return NULL;
    __typeof__(slurm_list_iterator_create(NULL)) all = slurm_list_iterator_create(a->qos_list);
    const char *only = slurm_list_next(all);
    slurm_list_iterator_destroy(all);
    return only ? qos_name(lists, (uint32_t)strtoul(only, NULL, 10)) : NULL;
}

static json_t *association_json(const struct lists *lists, const slurmdb_assoc_rec_t *a)
{
    json_t *caps = json_array();
    if (lists->enforced) {
        if (a->user && *a->user) { // an account hands these on
            add_number(caps, "MaxWall", "time_usec", a->max_wall_pj, MINUTE_USEC);
            add_number(caps, "MaxSubmitJobs", "jobs", a->max_submit_jobs, 1);
            add_tres(caps, lists, "MaxTRES", a->max_tres_ctld);
        }
        add_number(caps, "GrpSubmitJobs", "jobs", a->grp_submit_jobs, 1);
        add_tres(caps, lists, "GrpTRES", a->grp_tres_ctld);
    }
    return json_pack("{s:s, s:s*, s:s*, s:b, s:b, s:s*, s:o}", "account", a->acct, "parent",
                     a->parent_acct && *a->parent_acct ? a->parent_acct : NULL, "partition",
                     a->partition && *a->partition ? a->partition : NULL, "of_user",
                     a->user && *a->user, "is_default", a->is_def == 1, "default_qos",
                     default_qos(lists, a), "caps", caps);
}

static json_t *limits_json(const struct lists *lists)
{
    json_t *owners = json_array();
    __typeof__(slurm_list_iterator_create(NULL)) all;
    const void *record;
    if (lists->info->qos_list) {
        all = slurm_list_iterator_create(lists->info->qos_list);
        while ((record = slurm_list_next(all)))
            json_array_append_new(owners, qos_json(lists, record));
        slurm_list_iterator_destroy(all);
    }
    if (lists->info->assoc_list && lists->info->qos_list) {
        all = slurm_list_iterator_create(lists->info->assoc_list);
        while ((record = slurm_list_next(all)))
            json_array_append_new(owners, association_json(lists, record));
        slurm_list_iterator_destroy(all);
    }
    return owners;
}

json_t *query_limits(const slurm_conf_t *config)
{
    const struct passwd *user = getpwuid(getuid());
    const char *type = config->accounting_storage_type;
    assoc_mgr_info_msg_t *info = NULL;
    if (!user || !type || strstr(type, "none"))
        return json_null();
    assoc_mgr_info_request_msg_t request = {
        .flags = ASSOC_MGR_INFO_FLAG_ASSOC | ASSOC_MGR_INFO_FLAG_QOS,
        .user_list = slurm_list_create(NULL),
    };
    slurm_list_append(request.user_list, user->pw_name);
    bool told = !slurm_load_assoc_mgr_info(&request, &info) && info;
    slurm_list_destroy(request.user_list);
    if (!told)
        return json_null();
    struct lists lists = {info, config->accounting_storage_enforce & ENFORCE_LIMITS};
    json_t *limits = limits_json(&lists);
    slurm_free_assoc_mgr_info_msg(info);
    return limits;
}
