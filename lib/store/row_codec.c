// SPDX-License-Identifier: GPL-2.0-or-later
// The fields of every struct that goes to the store or comes from it.
#include "lib/store/row_codec.h"

// clang-format off
#define END {.type = CODEC_END}
// clang-format on
#define RECORD(record, s, ...)                                              \
    static const struct codec_field record##_fields[] = {__VA_ARGS__, END}; \
    const struct codec_record codec_##record = {sizeof(struct s), record##_fields}
#define LOCAL(record, s, ...)                                               \
    static const struct codec_field record##_fields[] = {__VA_ARGS__, END}; \
    static const struct codec_record codec_##record = {sizeof(struct s), record##_fields}

// ---- creating ----
#define C(f) INT(class_row, f)
LOCAL(class_row, class_row, TEXT(class_row, name), C(cpus), C(nodes), C(gpus_milli),
      C(memory_bytes), C(runtime_usec), C(tmp_bytes), C(enforced), TEXT(class_row, scheduler),
      TEXT(class_row, labels), C(action), TEXT(class_row, asks_with), C(pool));
#define AR(f) INT(action_row, f)
LOCAL(action_row, action_row, AR(trigger), AR(type), AR(persistent), TEXT(action_row, commands),
      TEXT(action_row, scheduler), AR(num_allocations), AR(max_parallel_jobs),
      INTS(action_row, jobs));
LOCAL(job_row, job_row, TEXT(job_row, name), TEXT(job_row, command), TEXT(job_row, spec),
      INT(job_row, class_index), INT(job_row, flags), INT(job_row, priority), INT(job_row, rank),
      INT(job_row, unmet));
LOCAL(pair_row, pair_row, INT(pair_row, job), INT(pair_row, other), INT(pair_row, role));
LOCAL(file_row, file_row, TEXT(file_row, name), TEXT(file_row, path), TEXT(file_row, identifier),
      INT(file_row, temporary), INT(file_row, produced), INT(file_row, same));
LOCAL(user_data_row, data_row, TEXT(data_row, name), TEXT(data_row, data),
      INT(data_row, ephemeral));
RECORD(workflow, workflow, TEXT(workflow, name), TEXT(workflow, description),
       TEXT(workflow, project), TEXT(workflow, metadata), TEXT(workflow, settings),
       LIST(workflow, classes, &codec_class_row), LIST(workflow, jobs, &codec_job_row),
       LIST(workflow, needs, &codec_pair_row), LIST(workflow, job_files, &codec_pair_row),
       LIST(workflow, job_data, &codec_pair_row), LIST(workflow, files, &codec_file_row),
       LIST(workflow, data, &codec_user_data_row), LIST(workflow, actions, &codec_action_row));
#define O(f) TEXT(workflow_origin, f)
RECORD(origin, workflow_origin, O(user), INT(workflow_origin, uid), O(file), O(file_text),
       O(command_line), O(folder), O(version), O(environment));

RECORD(spawn_base, spawn_base, TEXT(spawn_base, file), TEXT(spawn_base, file_text));
#define SP(f) INT(spawn_request, f)
RECORD(spawn_request, spawn_request, SP(workflow_id), SP(job_id), SP(run_id), SP(attempt_id),
       TEXT(spawn_request, lineage), TEXT(spawn_request, state), SP(most), SP(jobs), SP(known_jobs),
       SP(files), SP(known_files), SP(data), SP(known_data));

// ---- running ----
#define E(f) INT(runner_entry, f)
RECORD(entry, runner_entry, E(workflow_id), TEXT(runner_entry, tag), E(slurm_job_id),
       E(slurm_array_id), E(array_task_id), E(restart_count), TEXT(runner_entry, incarnation),
       TEXT(runner_entry, host), TEXT(runner_entry, node), TEXT(runner_entry, node_list), E(pid),
       E(cpus), E(gpus_milli), E(memory_bytes), E(limit_usec), TEXT(runner_entry, labels),
       E(accounting), E(nodes), INTS(runner_entry, gone));
RECORD(grant, runner_grant, INT(runner_grant, runner_id), INT(runner_grant, run_id),
       INT(runner_grant, max_parallel_jobs), TEXT(runner_grant, workflow_name),
       TEXT(runner_grant, folder), TEXT(runner_grant, settings), TEXT(runner_grant, partition),
       TEXT(runner_grant, scheduler));
LOCAL(start, attempt_start, INT(attempt_start, job_id), INT(attempt_start, start_usec),
      INT(attempt_start, run_id), INT(attempt_start, attempt_id), INT(attempt_start, taken),
      TEXT(attempt_start, stdout_path), TEXT(attempt_start, stderr_path),
      TEXT(attempt_start, message), INT(attempt_start, stream_at));
#define U(f) INT(usage_record, f)
LOCAL(usage, usage_record, TEXT(usage_record, node), TEXT(usage_record, step), U(source),
      U(cpu_user_usec), U(cpu_system_usec), U(throttled_usec), U(memory_peak_bytes),
      U(memory_anon_bytes), U(memory_anon_low_bytes), U(memory_anon_high_bytes),
      U(memory_limit_bytes), U(swap_peak_bytes), U(io_read_bytes), U(io_write_bytes), U(oom_kills),
      U(processes_peak), U(start_usec), U(end_usec), TEXT(usage_record, gpus));
#define F(f) INT(file_seen, f)
LOCAL(seen, file_seen, F(size_bytes), F(mtime_usec), F(ctime_usec), F(inode), F(hash));
#define A(f) INT(attempt_end, f)
LOCAL(end, attempt_end, PART(attempt_end, start, &codec_start), A(end_usec), A(wall_usec), A(state),
      A(exit_code), A(signal), A(core), A(retry), TEXT(attempt_end, retry_class),
      A(retry_memory_bytes), A(retry_runtime_usec), A(reason), A(warnings),
      TEXT(attempt_end, message), TEXT(attempt_end, stderr_tail),
      LIST(attempt_end, usages, &codec_usage), LIST(attempt_end, files, &codec_seen));
LOCAL(point, usage_point, INT(usage_point, job_id), INT(usage_point, attempt_id),
      INT(usage_point, time_usec), INT(usage_point, cpu_usec), INT(usage_point, memory_bytes),
      TEXT(usage_point, gpus));
LOCAL(claim, claim_request, INT(claim_request, max_jobs), INT(claim_request, cpus),
      INT(claim_request, gpus_milli), INT(claim_request, memory_bytes),
      INT(claim_request, prefetch), INT(claim_request, at_hand), INT(claim_request, time_left_usec),
      INT(claim_request, runtime_most_usec));
LOCAL(share, share_end, INT(share_end, job_id), INT(share_end, run_id), INT(share_end, attempt_id),
      INT(share_end, signal), LIST(share_end, usages, &codec_usage));
#define AE(f) INT(action_end, f)
LOCAL(action_end, action_end, AE(id), AE(end_usec), AE(commands_done), AE(exit_code), AE(signal),
      AE(good), AE(again), TEXT(action_end, message), TEXT(action_end, output),
      TEXT(action_end, log));
LOCAL(wish, action_wish, INT(action_wish, triggers), INT(action_wish, free),
      LIST(action_wish, ended, &codec_action_end));
#define AC(f) INT(action_claim, f)
LOCAL(action_claim, action_claim, AC(id), AC(position), AC(run_id), AC(trigger),
      TEXT(action_claim, commands), TEXT(action_claim, state));
LOCAL(news, action_news, LIST(action_news, claimed, &codec_action_claim), INT(action_news, due),
      INT(action_news, last), INT(action_news, starts));
RECORD(sync_request, sync_request, INT(sync_request, runner_id), INT(sync_request, seq),
       LIST(sync_request, starts, &codec_start), LIST(sync_request, ends, &codec_end),
       INTS(sync_request, returned), INTS(sync_request, ahead),
       LIST(sync_request, points, &codec_point), LIST(sync_request, shares, &codec_share),
       INTS(sync_request, doubts), PART(sync_request, claim, &codec_claim),
       PART(sync_request, actions, &codec_wish), INT(sync_request, leave));
LOCAL(claimed_data, claimed_data, TEXT(claimed_data, name), TEXT(claimed_data, json));
#define J(f) INT(claimed_job, f)
LOCAL(claimed, claimed_job, J(job_id), TEXT(claimed_job, name), TEXT(claimed_job, command),
      TEXT(claimed_job, spec), TEXT(claimed_job, class_name), J(flags), J(run_id), J(attempt_id),
      J(cpus), J(gpus_milli), J(nodes), J(continuations), J(retries), J(memory_bytes),
      J(runtime_usec), J(enforced), J(after), TEXTS(claimed_job, inputs),
      TEXTS(claimed_job, outputs), LIST(claimed_job, data, &codec_claimed_data));
#define R(f) INT(sync_reply, f)
RECORD(sync_reply, sync_reply, LIST(sync_reply, claimed, &codec_claimed),
       LIST(sync_reply, hints, &codec_claimed), INTS(sync_reply, canceled),
       INTS(sync_reply, refused), LIST(sync_reply, shares, &codec_share), INTS(sync_reply, settled),
       R(shares_open), R(expelled), R(complete), R(held), R(may_come), R(demand),
       PART(sync_reply, actions, &codec_news), R(interval_ms), R(classes_change), R(passed_usec));

// ---- planning ----
#define D(f) INT(class_demand, f)
LOCAL(class_demand, class_demand, D(class_id), D(pool), PART(class_demand, row, &codec_class_row),
      D(ready), D(soon), D(blocked), D(ended), D(allocations), D(vain), D(room), D(waiting),
      D(held));
#define DA(f) INT(action_demand, f)
LOCAL(action_demand, action_demand, DA(position), DA(num_allocations),
      TEXT(action_demand, scheduler), DA(due), DA(again));
RECORD(demand, demand, LIST(demand, classes, &codec_class_demand),
       LIST(demand, actions, &codec_action_demand));
#define S(f) INT(submission, f)
#define ST(f) TEXT(submission, f)
RECORD(submission, submission, S(id), S(class_id), S(slurm_job_id), ST(tag), ST(partition),
       ST(scheduler), ST(arguments), ST(script), ST(error), S(state), S(allocations), S(cpus),
       S(gpus), S(nodes), S(slots), S(rounds), S(memory_bytes), S(walltime_usec), S(created_usec),
       S(answered_usec), S(action), S(replaces), S(classes), S(pool));
RECORD(submissions, submissions,
       {COUNTED(submissions, list, CODEC_LIST, count), .of = &codec_submission});

// ---- user data and events ----
LOCAL(change, data_change, INT(data_change, op), TEXT(data_change, name), TEXT(data_change, json),
      INT(data_change, job_id), TEXT(data_change, key));
LOCAL(answer, data_answer, TEXT(data_answer, error), TEXT(data_answer, json));
RECORD(data_request, data_request, INT(data_request, workflow_id), INT(data_request, runner_id),
       INT(data_request, seq), LIST(data_request, changes, &codec_change));
RECORD(data_reply, data_reply, LIST(data_reply, answers, &codec_answer));

// ---- restarting ----
LOCAL(restart_job, restart_job, INT(restart_job, id), TEXT(restart_job, name),
      INT(restart_job, state), INT(restart_job, reason), INT(restart_job, barrier),
      INT(restart_job, class_index), INT(restart_job, memory_peak_bytes),
      INT(restart_job, signature), INT(restart_job, left), INT(restart_job, spawns));
LOCAL(restart_pair, restart_pair, INT(restart_pair, job), INT(restart_pair, other),
      INT(restart_pair, role), INT(restart_pair, seen));
LOCAL(restart_file, restart_file, INT(restart_file, id), TEXT(restart_file, path),
      INT(restart_file, temporary));
LOCAL(restart_version, restart_version, INT(restart_version, file),
      PART(restart_version, seen, &codec_seen));
LOCAL(restart_data, restart_data, TEXT(restart_data, name), INT(restart_data, ephemeral),
      INT(restart_data, hash), INT(restart_data, initial_hash));
LOCAL(restart_class, restart_class, INT(restart_class, id), INT(restart_class, memory_bytes),
      INT(restart_class, runtime_usec), TEXT(restart_class, name));
LOCAL(restart_more, restart_more, INT(restart_more, job_id), INT(restart_more, class_id),
      TEXT(restart_more, name), INT(restart_more, memory_bytes), INT(restart_more, runtime_usec));
#define RF(f, record) LIST(restart_facts, f, record)
RECORD(restart_facts, restart_facts, INT(restart_facts, workflow_id), INT(restart_facts, run_id),
       INT(restart_facts, state), TEXT(restart_facts, folder), RF(classes, &codec_restart_class),
       RF(jobs, &codec_restart_job), RF(needs, &codec_restart_pair),
       RF(job_files, &codec_restart_pair), RF(job_data, &codec_restart_pair),
       RF(files, &codec_restart_file), RF(versions, &codec_restart_version),
       RF(data, &codec_restart_data));
LOCAL(restart_seen, restart_seen, INT(restart_seen, file_id),
      PART(restart_seen, seen, &codec_seen));
RECORD(restart_request, restart_request, INT(restart_request, workflow_id),
       INT(restart_request, run_id), INTS(restart_request, jobs), INTS(restart_request, rewrites),
       INTS(restart_request, maybe), LIST(restart_request, seen, &codec_restart_seen),
       LIST(restart_request, more, &codec_restart_more));

RECORD(amend_had, amend_had, LIST(amend_had, files, &codec_seen), INTS(amend_had, data));

RECORD(steer_request, steer_request, INT(steer_request, workflow_id), INT(steer_request, op),
       INTS(steer_request, jobs));
#define CU(f) INT(class_update, f)
RECORD(class_update, class_update, CU(workflow_id), TEXT(class_update, name), CU(cpus),
       CU(gpus_milli), CU(memory_bytes), CU(runtime_usec));

// ---- reading ----
#define Q(f) INT(read_request, f)
RECORD(read_request, read_request, Q(what), Q(workflow_id), Q(after_id), Q(limit), Q(job_id),
       TEXT(read_request, job_glob), Q(states), TEXT(read_request, event_kind), Q(since_usec),
       Q(warned), TEXT(read_request, name), Q(bare));
#define W(f) INT(workflow_info, f)
#define WT(f) TEXT(workflow_info, f)
LOCAL(workflow_info, workflow_info, W(id), W(uid), W(created_usec), W(ended_usec), W(run_id),
      W(state), WT(name), WT(user), WT(description), WT(file), WT(command_line), WT(folder),
      WT(version), WT(settings), WT(environment), FIXED(workflow_info, counts), W(runners_alive),
      W(last_actions));
#define JI(f) INT(job_info, f)
#define JT(f) TEXT(job_info, f)
LOCAL(job_info, job_info, JI(id), JI(class_id), JT(name), JT(command), JT(class_name), JT(spec),
      JI(state), JI(flags), JI(priority), JI(rank), JI(unmet), JI(attempts), JI(continuations),
      TEXTS(job_info, needs), JT(why), JI(why_state));
LOCAL(attempt_info, attempt_info, INT(attempt_info, id), INT(attempt_info, job_id),
      TEXT(attempt_info, job_name), INT(attempt_info, run_id), TEXT(attempt_info, node),
      INT(attempt_info, slurm_job_id), PART(attempt_info, end, &codec_end));
#define CI(f) INT(class_info, f)
#define CT(f) TEXT(class_info, f)
LOCAL(class_info, class_info, CI(id), CI(jobs), FIXED(class_info, counts), CT(name), CT(scheduler),
      CT(labels), CI(cpus), CI(gpus_milli), CI(nodes), CI(action), CI(memory_bytes),
      CI(runtime_usec), CI(enforced), CI(attempts), FIXED(class_info, sources), CI(wall_max_usec),
      CI(wall_sum_usec), CI(cpu_sum_usec), CI(memory_peak_max_bytes), CI(memory_anon_max_bytes));
#define ZI(f) INT(size_info, f)
LOCAL(size_info, size_info, ZI(id), TEXT(size_info, name), ZI(cpus), ZI(gpus_milli), ZI(nodes),
      ZI(memory_bytes), ZI(runtime_usec), ZI(jobs), ZI(wall_sum_usec), ZI(out_of_memory),
      ZI(out_of_time), ZI(cpus_known), ZI(memory_known), ZI(wall_half_usec), ZI(wall_high_usec),
      ZI(wall_most_usec), ZI(memory_half_bytes), ZI(memory_high_bytes), ZI(memory_most_bytes),
      ZI(cpus_half_milli), ZI(cpus_high_milli), ZI(cpus_most_milli), ZI(anon_most_bytes));
#define AI(f) INT(allocation_info, f)
#define AT(f) TEXT(allocation_info, f)
LOCAL(allocation_info, allocation_info, AI(id), AI(submission_id), AI(slurm_job_id),
      AI(submitted_usec), AI(start_usec), AI(end_usec), AI(limit_usec), AI(walltime_usec),
      AI(jobs_run), AI(array_task_id), AI(cpus), AI(gpus), AI(nodes), AI(memory_bytes), AI(state),
      AT(partition), AT(node_list), AT(tag), AT(error), AT(scheduler));
#define RI(f) INT(runner_info, f)
LOCAL(runner_info, runner_info, RI(id), RI(allocation_id), RI(started_usec), RI(heartbeat_usec),
      RI(end_usec), RI(jobs_run), TEXT(runner_info, incarnation), TEXT(runner_info, host),
      TEXT(runner_info, node), TEXT(runner_info, labels), RI(pid), RI(cpus), RI(gpus_milli),
      RI(memory_bytes), RI(lost), RI(accounting), RI(limit_usec), TEXT(runner_info, scheduler),
      RI(used_usec), RI(running_usec), RI(lost_usec), RI(unfit_usec), RI(unknown_usec),
      RI(first_usec), RI(last_usec));
#define EI(f) INT(event_info, f)
LOCAL(event_info, event_info, EI(id), EI(time_usec), TEXT(event_info, kind), TEXT(event_info, name),
      TEXT(event_info, job_name), TEXT(event_info, data), EI(runner_id), EI(attempt_id),
      EI(submission_id), EI(allocation_id));
LOCAL(data_info, data_info, INT(data_info, id), TEXT(data_info, name), TEXT(data_info, data),
      INT(data_info, ephemeral));

LOCAL(pace_info, pace_info, INT(pace_info, jobs_left), INT(pace_info, left_usec),
      INT(pace_info, jobs_ended), INT(pace_info, worked_usec), INT(pace_info, runners_usec));
LOCAL(sample_info, sample_info, INT(sample_info, id), INT(sample_info, time_usec),
      INT(sample_info, cpu_usec), INT(sample_info, memory_bytes), TEXT(sample_info, job_name),
      TEXT(sample_info, node), INT(sample_info, run_id), INT(sample_info, attempt_id),
      TEXT(sample_info, gpus));

LOCAL(file_info, file_info, INT(file_info, id), TEXT(file_info, name), TEXT(file_info, path),
      INT(file_info, temporary), INT(file_info, known), TEXT(file_info, identifier),
      INT(file_info, size_bytes), INT(file_info, mtime_usec), INT(file_info, hash),
      TEXTS(file_info, readers), TEXTS(file_info, writers));

LOCAL(text_info, text_info, INT(text_info, id), TEXT(text_info, text));

#define RU(f) INT(action_run_info, f)
#define RT(f) TEXT(action_run_info, f)
LOCAL(action_run, action_run_info, RU(runner_id), RU(start_usec), RU(end_usec), RU(run_id),
      RU(commands_done), RU(exit_code), RU(signal), RU(state), RT(node), RT(message), RT(output),
      RT(log));
#define XI(f) INT(action_info, f)
#define XT(f) TEXT(action_info, f)
LOCAL(action_info, action_info, XI(id), XI(fired_usec), XI(position), XI(num_allocations),
      XI(max_parallel_jobs), XI(jobs), XI(run_id), XI(each_runner), XI(asked), XI(state),
      XT(trigger), XT(type), XT(commands), XT(scheduler), XT(refused), XT(waits_for),
      XI(waits_state), LIST(action_info, runs, &codec_action_run));

#define REPLY(member)                                                                    \
    LOCAL(read_##member, read_reply,                                                     \
          {COUNTED(read_reply, member, CODEC_LIST, count), .of = &codec_##member##_row}, \
          INT(read_reply, last_id), INT(read_reply, more))
#define codec_workflows_row codec_workflow_info
#define codec_jobs_row codec_job_info
#define codec_attempts_row codec_attempt_info
#define codec_classes_row codec_class_info
#define codec_allocations_row codec_allocation_info
#define codec_runners_row codec_runner_info
#define codec_events_row codec_event_info
#define codec_data_row codec_data_info
#define codec_files_row codec_file_info
#define codec_pace_row codec_pace_info
#define codec_samples_row codec_sample_info
#define codec_texts_row codec_text_info
#define codec_actions_row codec_action_info
#define codec_sizes_row codec_size_info
REPLY(workflows);
REPLY(jobs);
REPLY(attempts);
REPLY(classes);
REPLY(allocations);
REPLY(runners);
REPLY(events);
REPLY(data);
REPLY(files);
REPLY(pace);
REPLY(samples);
REPLY(texts);
REPLY(actions);
REPLY(sizes);

const struct codec_record *const codec_read_replies[READS] = {
    [READ_WORKFLOWS] = &codec_read_workflows,     [READ_JOBS] = &codec_read_jobs,
    [READ_ATTEMPTS] = &codec_read_attempts,       [READ_CLASSES] = &codec_read_classes,
    [READ_ALLOCATIONS] = &codec_read_allocations, [READ_RUNNERS] = &codec_read_runners,
    [READ_EVENTS] = &codec_read_events,           [READ_DATA] = &codec_read_data,
    [READ_BARRIERS] = &codec_read_jobs,           [READ_FILES] = &codec_read_files,
    [READ_DATA_USES] = &codec_read_files,         [READ_PACE] = &codec_read_pace,
    [READ_SAMPLES] = &codec_read_samples,         [READ_TEXT] = &codec_read_texts,
    [READ_ACTIONS] = &codec_read_actions,         [READ_SIZES] = &codec_read_sizes,
};
