// SPDX-License-Identifier: GPL-2.0-or-later
// Time is counted as CPUs times microseconds, as a node holds them: what a job does with its CPUs
// is not looked at here.
#include "lib/store/sqlite_work.h"

#include "lib/store/pack.h"

static void note_time(struct work *work, int64_t runner_id, int64_t start_usec, int64_t end_usec)
{
    work->runner_id = runner_id;
    if (!work->first_usec || start_usec < work->first_usec)
        work->first_usec = start_usec;
    if (end_usec > work->last_usec)
        work->last_usec = end_usec;
}

void tx_work_start(struct tx *tx, const struct runner_row *runner,
                   const struct attempt_start *start)
{
    note_time(&tx->work, runner->id, start->start_usec, 0);
}

// Who asks for more than there is, for planning only, has all of it.
static int look_at_class(struct tx *tx, const struct runner_row *runner, int64_t class_id,
                         struct error *err)
{
    struct work *work = &tx->work;
    if (work->class_id == class_id)
        return 0;
    sqlite3_stmt *s = db_query(tx->db, err, SQL_WORK_CLASS, "l", class_id);
    int rc = s ? db_step(tx->db, s, err) : -1;
    if (rc > 0) {
        int64_t cpus = sqlite3_column_int64(s, 0), nodes = sqlite3_column_int64(s, 1);
        work->class_cpus = (cpus < runner->cpus ? cpus : runner->cpus) * nodes;
        work->class_id = class_id;
        sqlite3_reset(s);
    }
    return rc < 0 ? -1 : 0;
}

int tx_work_end(struct tx *tx, const struct runner_row *runner, int64_t class_id,
                const struct attempt_end *end, bool useful, struct error *err)
{
    struct work *work = &tx->work;
    int64_t took = end->end_usec - end->start.start_usec;
    if (look_at_class(tx, runner, class_id, err))
        return -1;
    if (end->wall_usec >= 0)
        took = end->wall_usec;
    *(useful ? &work->used_usec : &work->lost_usec) += work->class_cpus * (took > 0 ? took : 0);
    note_time(work, runner->id, end->start.start_usec, end->end_usec);
    return 0;
}

int tx_work_runner_ends(struct tx *tx, int64_t runner_id, bool lost, struct error *err)
{
    return (lost && db_do(tx->db, err, SQL_WORK_UNKNOWN, "ll", runner_id, tx->now_usec)) ||
                   db_do(tx->db, err, SQL_WORK_LOST_OF_RUNNER, "ll", runner_id, tx->now_usec)
               ? -1
               : 0;
}

int tx_work_write(struct tx *tx, struct error *err)
{
    const struct work *w = &tx->work;
    if (!w->runner_id)
        return 0;
    return db_do(tx->db, err, SQL_WORK_ADD, "lllzz", w->runner_id, w->used_usec, w->lost_usec,
                 w->first_usec, w->last_usec);
}

// As pack_next gave them: first what fits what is free, then what is to be at hand.
int32_t work_unfit_cpus(const struct runner_row *runner, const struct claim_request *claim,
                        const struct sync_reply *reply, bool left)
{
    const struct pack_shape all = {runner->cpus, runner->gpus_milli, runner->memory_bytes};
    struct pack_shape room = {claim->cpus, claim->gpus_milli, claim->memory_bytes};
    left |= claim->at_hand > 0;
    for (uint32_t i = 0; i < reply->claimed_count; i++) {
        const struct claimed_job *job = &reply->claimed[i];
        struct pack_shape shape = {job->cpus, job->gpus_milli, job->memory_bytes};
        if (!job->enforced)
            pack_shape_limit(&shape, &all);
        if (!pack_shape_fits(&shape, &room)) {
            left = true;
            break;
        }
        room.cpus -= shape.cpus;
        room.gpus_milli -= shape.gpus_milli;
        room.memory_bytes -= shape.memory_bytes;
    }
    return left && runner->allocation_nodes == 1 && room.cpus < runner->cpus ? room.cpus : 0;
}
