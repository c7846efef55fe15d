-- Rows of what schema 5 has, besides fixture.sql.
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
UPDATE runner SET unfit_usec = 30000000 WHERE id = 1;
