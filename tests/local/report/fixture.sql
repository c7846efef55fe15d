-- SPDX-License-Identifier: GPL-2.0-or-later
-- What reports are tested with, after lib/store/schema.sql: 1, a workflow that has ended, with one job of each way to end; 2, one that
-- runs, with a name and an error text that would harm a terminal; 3, one of which nothing has started.
PRAGMA user_version = 5;
PRAGMA application_id = 1953460835;

INSERT INTO workflow (id, name, uid, user, state, run_id, created_usec, ended_usec, description, file, command_line, folder,
                      version, settings)
VALUES (1, 'analysis', 1000, 'ada', 1, 1, 1700000000000000, 1700000125500000, 'Nightly analysis', '/home/ada/run/analysis.json',
        'torc-sbatch analysis.json', '/home/ada/run', '0.1.0', '{}'),
       (2, 'red' || char(27) || '[31m', 1000, 'ada', 0, 2, 1700001000000000, NULL, NULL, NULL, 'torc-run x.json', '/home/ada/run',
        '0.1.0', '{}'),
       (3, 'waiting', 1000, 'ada', 0, 1, 1700002000000000, NULL, NULL, NULL, 'torc-sbatch w.json', '/home/ada/run', '0.1.0', '{}');

INSERT INTO resource_class (id, workflow, name, cpus, memory_bytes, gpus_milli, nodes, runtime_usec, labels)
VALUES (1, 1, 'small', 1, 536870912, 0, 1, 600000000, NULL), (2, 1, 'large', 4, 2147483648, 500, 1, 3600000000, NULL),
       (3, 1, 'wide', 2, 1073741824, 0, 2, 3600000000, NULL), (4, 2, 'small', 1, 1073741824, 0, 1, 3600000000, NULL),
       (5, 3, 'tape', 1, 1073741824, 0, 1, 3600000000, 'tape');
INSERT INTO class_count (class, state, jobs) VALUES (1, 5, 1), (1, 6, 2), (1, 7, 1), (2, 5, 1), (2, 6, 2), (3, 5, 1), (4, 4, 1), (4, 6, 1), (5, 2, 1);

INSERT INTO job (id, workflow, class, name, command, state, unmet, flags, attempts, spec)
VALUES (1, 1, 1, 'prepare', './prepare.sh in.dat', 5, 0, 1, 1, NULL),
       (2, 1, 2, 'simulate_temperature_330_pressure_12_seed_00017', './sim 330 12 17', 5, 0, 1, 1, '{"env": {"SEED": "17"}}'),
       (3, 1, 2, 'simulate_b', './sim b', 6, 0, 1, 1, NULL),
       (4, 1, 1, 'hungry', './eat', 6, 0, 1, 2, NULL),
       (5, 1, NULL, '*sim', NULL, 7, 0, 0, 0, NULL),
       (6, 1, 1, 'merge', './merge', 7, 2, 1, 0, NULL),
       (7, 1, 3, 'mpi', 'srun ./mpi', 5, 0, 5, 1, NULL),
       (8, 1, 2, 'slow', 'sleep 9999', 6, 0, 1, 1, NULL),
       (9, 1, 1, 'crash', './crash', 6, 0, 1, 1, NULL),
       (20, 2, 4, 'evil' || char(27) || ']0;owned' || char(7), 'false', 6, 0, 1, 1, NULL),
       (21, 2, 4, 'runs', 'sleep 1000', 4, 0, 1, 1, NULL),
       (30, 3, 5, 'archive', './archive', 2, 0, 1, 0, NULL);
INSERT INTO dependency VALUES (2, 1), (3, 1), (5, 2), (5, 3), (6, 4), (6, 5);

INSERT INTO submission (id, workflow, class, tag, state, created_usec, answered_usec, slurm_job_id, allocations, partition, cpus,
                        memory_bytes, slots, rounds, walltime_usec, error)
VALUES (1, 1, 1, 'torc-wf1-s1', 3, 1700000001000000, 1700000001100000, 71, 2, 'debug', 4, 4294967296, 4, 1, 3600000000, NULL),
       (2, 1, 2, 'torc-wf1-s2', 4, 1700000002000000, 1700000002100000, NULL, 1, 'gpu', 4, 4294967296, 1, 1, 3600000000,
        'sbatch: error: Invalid partition specified: gpu');
INSERT INTO allocation (id, submission, array_task_id, slurm_job_id, state, node_list, start_usec, limit_usec, end_usec)
VALUES (1, 1, 0, 72, 3, 'node1', 1700000003000000, 1700003603000000, 1700000125000000),
       (2, 1, 1, 71, 3, 'node2', 1700000004000000, 1700003604000000, 1700000064000000),
       (3, 2, NULL, NULL, 4, NULL, NULL, NULL, NULL);

INSERT INTO runner (id, workflow, allocation, incarnation, host, node, pid, started_usec, heartbeat_usec, end_usec, lost, cpus,
                    memory_bytes, accounting, jobs_run)
VALUES (1, 1, 1, 'a', 'node1', 'node1', 100, 1700000003000000, 1700000125000000, 1700000125000000, 0, 4, 4294967296, 3, 5),
       (2, 1, 2, 'b', 'node2', 'node2', 100, 1700000004000000, 1700000064000000, 1700000064000000, 0, 4, 4294967296, 1, 3),
       (3, 2, NULL, 'c', 'laptop', 'laptop', 100, 1700001000000000, 1700001060000000, NULL, 0, 2, 4294967296, 1, 1);

INSERT INTO attempt (id, job, run_id, attempt_id, runner, start_usec, end_usec, wall_usec, state, exit_code, signal, core, reason,
                     message, stderr_tail, stdout, stderr)
VALUES (1, 1, 1, 1, 1, 1700000005000001, 1700000007500001, 2500000, 5, 0, NULL, 0, NULL, NULL, '', 'torc_output/1.o',
        'torc_output/1.e'),
       (2, 2, 1, 1, 1, 1700000008000000, 1700000068000000, 60000000, 5, 0, NULL, 0, NULL, NULL, NULL, 'torc_output/2.o',
        'torc_output/2.e'),
       (3, 3, 1, 1, 2, 1700000008000000, 1700000008040000, 40000, 6, 3, NULL, 0, 1, NULL,
        'line 1' || char(10) || 'ValueError: ' || char(27) || '[31mno such seed' || char(10), 'torc_output/3.o', 'torc_output/3.e'),
       (4, 4, 1, 1, 2, 1700000008000000, 1700000010000000, 2000000, 2, NULL, 15, 0, 7, NULL, NULL, 'torc_output/4.o',
        'torc_output/4.e'),
       (5, 4, 1, 2, 1, 1700000011000000, 1700000013000000, 2000000, 6, NULL, 9, 0, 3, NULL, NULL, 'torc_output/4_2.o',
        'torc_output/4_2.e'),
       (6, 7, 1, 1, 1, 1700000070000000, 1700000080000000, 10000000, 5, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL),
       (7, 8, 1, 1, 1, 1700000080000000, 1700000120000000, 40000000, 6, NULL, 15, 0, 4, NULL, NULL, 'torc_output/8.o',
        'torc_output/8.e'),
       (8, 9, 1, 1, 2, 1700000020000000, 1700000020100000, 100000, 6, NULL, 11, 1, 2, NULL, NULL, 'torc_output/9.o',
        'torc_output/9.e'),
       (20, 20, 2, 1, 3, 1700001001000000, 1700001001500000, 500000, 6, 1, NULL, 0, 1, NULL, char(27) || ']0;owned' || char(7),
        NULL, NULL),
       (21, 21, 2, 1, 3, 1700001002000000, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL);

INSERT INTO usage (id, attempt, node, step, source, cpu_user_usec, cpu_system_usec, memory_peak_bytes, memory_anon_bytes,
                   memory_limit_bytes, io_read_bytes, io_write_bytes, oom_kills)
VALUES (1, 1, 'node1', NULL, 3, 2000000, 100000, 209715200, 157286400, 536870912, 1048576, 0, 0),
       (2, 2, 'node1', NULL, 3, 200000000, 4000000, 1610612736, NULL, 2147483648, NULL, NULL, 0),
       (3, 3, 'node2', NULL, 1, 20000, 10000, 8388608, NULL, NULL, NULL, NULL, NULL),
       (4, 4, 'node2', NULL, 1, 100000, 0, NULL, NULL, NULL, NULL, NULL, NULL),
       (5, 5, 'node1', NULL, 3, 1500000, 400000, 536870912, 536866816, 536870912, 0, 0, 1),
       (6, 6, 'node1', '72.0', 4, 15000000, 500000, 314572800, 262144000, 1073741824, NULL, NULL, 0),
       (7, 6, 'node2', '72.0', 4, 16000000, 500000, 419430400, 367001600, 1073741824, NULL, NULL, 0),
       (8, 7, 'node1', NULL, 3, 1000, 1000, 1048576, 524288, 2147483648, 0, 0, 0);

INSERT INTO user_data (id, workflow, name, data, ephemeral) VALUES (1, 1, 'threshold', '{"low": 0.1}', 0), (2, 1, 'best', NULL, 1);
INSERT INTO event (id, workflow, time_usec, kind, job, runner, attempt, data)
VALUES (1, 1, 1700000000000000, 1, NULL, NULL, NULL, NULL), (2, 1, 1700000005000001, 11, 1, 1, 1, NULL),
       (3, 1, 1700000125500000, 2, NULL, NULL, NULL, '{"state": "complete"}');
INSERT INTO usage_sample (id, runner, attempt, time_usec, cpu_usec, memory_bytes)
VALUES (1, 1, NULL, 1700000015000000, 86400000000, 4294967296), (2, 1, 2, 1700000015000000, 9500000, 1073741824),
       (3, 1, 2, 1700000025000000, 19000000, NULL);
INSERT INTO action (id, workflow, position, trigger_type, action_type, each_runner, commands, scheduler, allocations, jobs, state,
                    waits_for, run_id, fired_usec)
VALUES (1, 1, 1, 0, 0, 0, '["mkdir -p logs", "date > logs/start"]', NULL, 0, 0, 3, NULL, 1, 1700000001000000),
       (2, 1, 2, 2, 1, 0, NULL, 'gpu', 2, 3, 0, NULL, NULL, NULL),
       (3, 1, 3, 3, 0, 0, '["gzip -r logs"]', NULL, 0, 2, 0, 2, NULL, NULL),
       (4, 1, 4, 4, 0, 1, '["./stage-in"]', NULL, 0, 0, 1, NULL, NULL, NULL),
       (5, 1, 5, 1, 0, 0, '["./mail \u001b[31m"]', NULL, 0, 0, 4, NULL, 1, 1700000125000000);
INSERT INTO action_run (id, action, run_id, runner, start_usec, end_usec, state, commands_done, exit_code, signal, message, output, log)
VALUES (1, 1, 1, 1, 1700000002000000, 1700000003000000, 3, 2, 0, NULL, NULL, NULL, 'torc_output/action_wf1_1_r1_1.log'),
       (2, 4, 1, 1, 1700000003000000, 1700000004000000, 3, 1, 0, NULL, NULL, NULL, NULL),
       (3, 4, 1, 2, 1700000003000000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
       (4, 5, 1, 2, 1700000125000000, 1700000126000000, 4, 0, 127, NULL, 'command 1 failed', './mail: not found',
        'torc_output/action_wf1_5_r1_4.log');
