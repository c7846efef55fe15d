-- SPDX-License-Identifier: GPL-2.0-or-later
-- The workflow database. Times (…_usec) are integer microseconds since 1970 UTC, durations and CPU times too; sizes are
-- bytes; GPUs are thousandths (…_milli), so that half a GPU is 500. NULL means: not known, or it never was.
-- Whoever queries by hand uses the views at the end; they are a documented interface and change only by additions.

CREATE TABLE job_state (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO job_state VALUES
  (0, 'uninitialized'), (1, 'blocked'), (2, 'ready'), (3, 'pending'), (4, 'running'), (5, 'completed'),
  (6, 'failed'), (7, 'canceled'), (8, 'terminated'), (9, 'disabled'), (10, 'pending_failed');

CREATE TABLE workflow_state (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO workflow_state VALUES (0, 'running'), (1, 'complete'), (2, 'canceled'), (3, 'held');

CREATE TABLE attempt_reason (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);  -- why an attempt did not complete
INSERT INTO attempt_reason VALUES
  (1, 'exit'), (2, 'signal'), (3, 'oom'), (4, 'timeout'), (5, 'missing_input'), (6, 'missing_output'),
  (7, 'lost'), (8, 'spawn_error'), (9, 'canceled'), (10, 'terminated'), (11, 'strict');

CREATE TABLE attempt_warning (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);  -- it completed, but: a bit each
INSERT INTO attempt_warning VALUES
  (1, 'oom_killed'), (2, 'output_not_written'), (4, 'background_killed'), (8, 'steps_not_counted'),
  (16, 'output_lost'), (32, 'gpu_not_given');

CREATE TABLE usage_source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO usage_source VALUES (1, 'proc'), (2, 'cgroup1'), (3, 'cgroup2'), (4, 'spank');

CREATE TABLE allocation_state (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO allocation_state VALUES
  (0, 'planned'), (1, 'queued'), (2, 'running'), (3, 'ended'), (4, 'canceled'), (5, 'unknown');

CREATE TABLE action_state (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO action_state VALUES (0, 'waiting'), (1, 'fired'), (2, 'running'), (3, 'done'), (4, 'failed');

CREATE TABLE workflow (
  id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given to another one
  name TEXT NOT NULL,
  uid INTEGER NOT NULL,                    -- owner
  user TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0 REFERENCES workflow_state(id),
  run_id INTEGER NOT NULL DEFAULT 1,       -- counts starts and restarts
  created_usec INTEGER NOT NULL,
  ended_usec INTEGER,                      -- when it last became complete
  description TEXT,
  project TEXT,
  metadata TEXT,                           -- JSON
  file TEXT,                               -- absolute path of the workflow file
  command_line TEXT,
  folder TEXT NOT NULL,                    -- submission folder; relative paths start here
  version TEXT NOT NULL,                   -- of the torc that created it
  settings TEXT NOT NULL,                  -- JSON, lib/workflow/settings.h
  change INTEGER NOT NULL DEFAULT 0,       -- raised when jobs become ready, are canceled, or the workflow ends
  classes_change INTEGER NOT NULL DEFAULT 0 -- raised when a class changes: who remembers them reads them again
);

-- Apart from the row above, which changes often: a row is rewritten whole.
CREATE TABLE workflow_text (
  workflow INTEGER PRIMARY KEY REFERENCES workflow(id) ON DELETE CASCADE,
  file_text TEXT,                          -- the text that the workflow file had
  environment TEXT                         -- JSON array of NAME=value: for sbatch from inside allocations
);

CREATE TABLE resource_class (
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  cpus INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,
  gpus_milli INTEGER NOT NULL DEFAULT 0,
  nodes INTEGER NOT NULL DEFAULT 1,
  runtime_usec INTEGER NOT NULL,
  tmp_bytes INTEGER NOT NULL DEFAULT 0,
  enforced INTEGER NOT NULL DEFAULT 1,     -- 0: for planning only (a job that named no class)
  scheduler TEXT,                          -- name of a slurm_schedulers entry, which is binding
  labels TEXT,                             -- comma-separated; only runners with all of them take its jobs
  unsatisfied INTEGER REFERENCES submission(id) ON DELETE SET NULL,  -- the one request that is still to start
  action INTEGER,                          -- position of the one that covers its jobs; NULL: none
  pool INTEGER,                            -- the first class of those that may share allocations; NULL: itself
  UNIQUE (workflow, name, scheduler, labels)
);

-- How many jobs of a class are in a state: kept by the same transactions, so that nothing ever scans jobs to count them.
CREATE TABLE class_count (
  class INTEGER NOT NULL REFERENCES resource_class(id) ON DELETE CASCADE,
  state INTEGER NOT NULL REFERENCES job_state(id),
  jobs INTEGER NOT NULL,
  PRIMARY KEY (class, state)
) WITHOUT ROWID;

-- What the attempts of a class that have ended took, by the state that they gave and by how they were measured: kept likewise.
-- lib/store/class_used.sql fills it from the rows that there are.
CREATE TABLE class_used (
  class INTEGER NOT NULL REFERENCES resource_class(id) ON DELETE CASCADE,
  state INTEGER NOT NULL REFERENCES job_state(id),
  source INTEGER NOT NULL,                 -- usage_source; 0: not measured
  attempts INTEGER NOT NULL,
  wall_usec INTEGER, wall_max_usec INTEGER,          -- of those that know it; sums, but for the largest of all
  cpu_usec INTEGER,
  memory_peak_bytes INTEGER, memory_anon_bytes INTEGER,   -- the largest of all
  PRIMARY KEY (class, state, source)
) WITHOUT ROWID;

CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  class INTEGER REFERENCES resource_class(id),   -- NULL: a barrier, which has no command and ends when its needs have
  name TEXT NOT NULL,
  command TEXT,
  state INTEGER NOT NULL REFERENCES job_state(id),
  unmet INTEGER NOT NULL DEFAULT 0,        -- needs that have not ended well yet
  flags INTEGER NOT NULL DEFAULT 0,        -- enum job_flag, lib/workflow/workflow.h
  priority INTEGER NOT NULL DEFAULT 0,     -- higher first
  rank INTEGER NOT NULL DEFAULT 0,         -- higher first: seconds from here to the end, or as jobs_sort_method says
  attempts INTEGER NOT NULL DEFAULT 0,     -- starts within the present run
  continuations INTEGER NOT NULL DEFAULT 0,-- of them, ended by the end of an allocation
  retries INTEGER NOT NULL DEFAULT 0,      -- of them, after a failure that the job's handler takes
  runner INTEGER REFERENCES runner(id),    -- who holds it while it is pending or running
  spec TEXT,                               -- JSON of the seldom fields: env, workdir, stdio, termination_signal, …
  signature INTEGER,                       -- hash of what makes it run again when it changes: lib/workflow/signature.h
  UNIQUE (workflow, name)
);
CREATE INDEX job_ready ON job (class, priority DESC, rank DESC, id) WHERE state = 2;
CREATE INDEX job_order ON job (workflow, priority DESC, rank DESC, id, class) WHERE state = 2 AND flags & 16; -- many classes
CREATE INDEX job_held ON job (runner) WHERE runner IS NOT NULL;
CREATE INDEX job_cancel ON job (runner) WHERE flags & 1024;  -- canceled, and its runner is to be told
CREATE INDEX job_failed ON job (workflow, id) WHERE state IN (6, 8, 10);

CREATE TABLE dependency (
  job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  needs INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  PRIMARY KEY (job, needs)
) WITHOUT ROWID;
CREATE INDEX dependency_needs ON dependency (needs);

CREATE TABLE file (
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  temporary INTEGER NOT NULL DEFAULT 0,
  identifier TEXT,                         -- of the data, as the workflow file has it: a DOI, an address
  version INTEGER REFERENCES file_version(id),     -- the newest that was seen
  UNIQUE (workflow, name)
);
-- A content that a file was seen to have. Two of one file are the same content when their hashes are.
CREATE TABLE file_version (
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL REFERENCES file(id) ON DELETE CASCADE,
  size_bytes INTEGER NOT NULL, mtime_usec INTEGER NOT NULL, ctime_usec INTEGER NOT NULL, inode INTEGER NOT NULL,
  hash INTEGER                             -- XXH3, 63 bits; of a folder, of its entries' names, sizes and mtimes; NULL: not computed
);
-- a folder keeps its identity when an entry changes in place
CREATE UNIQUE INDEX file_version_same ON file_version (file, size_bytes, mtime_usec, ctime_usec, inode, ifnull(hash, -1));
CREATE TABLE job_file (
  job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  file INTEGER NOT NULL REFERENCES file(id) ON DELETE CASCADE,
  role INTEGER NOT NULL CHECK (role IN (0, 1)),  -- 0 input, 1 output
  version INTEGER REFERENCES file_version(id),   -- what the job read, or wrote, when it last completed
  PRIMARY KEY (job, role, file)
) WITHOUT ROWID;
CREATE INDEX job_file_file ON job_file (file, role);

CREATE TABLE user_data (
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  data TEXT,                               -- JSON; NULL: not produced yet
  initial TEXT,                            -- JSON, what the file gave
  ephemeral INTEGER NOT NULL DEFAULT 0,
  UNIQUE (workflow, name)
);
CREATE TABLE job_user_data (
  job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  user_data INTEGER NOT NULL REFERENCES user_data(id) ON DELETE CASCADE,
  role INTEGER NOT NULL CHECK (role IN (0, 1)),  -- 0 input, 1 output
  hash INTEGER,                            -- of the value that the job had, or set, when it last completed
  PRIMARY KEY (job, role, user_data)
) WITHOUT ROWID;
CREATE INDEX job_user_data_user_data ON job_user_data (user_data, role);

-- One row per sbatch call, committed before the call, so that a lost answer can be looked up by the tag.
CREATE TABLE submission (
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  class INTEGER REFERENCES resource_class(id) ON DELETE CASCADE,   -- whose need it was made for; of several: one of them
  tag TEXT NOT NULL UNIQUE,
  state INTEGER NOT NULL DEFAULT 0 REFERENCES allocation_state(id),
  created_usec INTEGER NOT NULL,
  answered_usec INTEGER,
  slurm_job_id INTEGER,                    -- of the array, or of the single job
  allocations INTEGER NOT NULL,            -- elements of the array; 1: no array
  partition TEXT,
  scheduler TEXT,
  cpus INTEGER NOT NULL,                   -- per allocation
  memory_bytes INTEGER NOT NULL,
  gpus INTEGER NOT NULL DEFAULT 0,
  nodes INTEGER NOT NULL DEFAULT 1,
  slots INTEGER NOT NULL,                  -- jobs side by side in one allocation; of several classes at most
  rounds INTEGER NOT NULL,                 -- and one after another; of several classes on average
  walltime_usec INTEGER NOT NULL,
  arguments TEXT,                          -- JSON array: what sbatch was called with
  script TEXT,
  error TEXT,                              -- why sbatch refused
  action INTEGER,                          -- position of the one that asked for it; NULL: it was planned
  classes INTEGER NOT NULL DEFAULT 1       -- of the pool of its class, those that it was made for
);
CREATE INDEX submission_workflow ON submission (workflow);

CREATE TABLE allocation (
  id INTEGER PRIMARY KEY,
  submission INTEGER NOT NULL REFERENCES submission(id) ON DELETE CASCADE,
  array_task_id INTEGER,                   -- NULL: no array
  slurm_job_id INTEGER,                    -- this element's own
  restart_count INTEGER NOT NULL DEFAULT 0,
  state INTEGER NOT NULL DEFAULT 1 REFERENCES allocation_state(id),
  node_list TEXT,
  start_usec INTEGER,
  limit_usec INTEGER,                      -- when its walltime ends
  end_usec INTEGER,
  UNIQUE (submission, array_task_id)
);

CREATE TABLE runner (
  id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given to another one
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  allocation INTEGER REFERENCES allocation(id) ON DELETE SET NULL,  -- NULL: torc-run by hand
  incarnation TEXT NOT NULL UNIQUE,
  host TEXT NOT NULL,
  node TEXT NOT NULL,                      -- Slurm's name of the node, else the host
  pid INTEGER NOT NULL,
  started_usec INTEGER NOT NULL,
  heartbeat_usec INTEGER NOT NULL,         -- on the store's clock
  end_usec INTEGER,                        -- left, or was declared lost
  lost INTEGER NOT NULL DEFAULT 0,
  limit_usec INTEGER,                      -- when its allocation ends; NULL: never
  cpus INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,
  gpus_milli INTEGER NOT NULL DEFAULT 0,
  labels TEXT,
  accounting INTEGER REFERENCES usage_source(id),
  seq INTEGER NOT NULL DEFAULT 0,          -- last request applied; a replayed one changes nothing
  data_seq INTEGER NOT NULL DEFAULT 0,     -- the same for batches of user data and events
  jobs_run INTEGER NOT NULL DEFAULT 0,
  nodes INTEGER NOT NULL DEFAULT 1,        -- that jobs which it starts may have: those of its allocation, at the first of them
  -- Where its time went, in CPU microseconds (CPUs times the time they were held), kept by the same transactions as the attempts;
  -- lib/store/runner_work.sql fills the first four of it from the rows that there are.
  used_usec INTEGER NOT NULL DEFAULT 0,    -- by attempts that completed, or go on from a checkpoint
  lost_usec INTEGER NOT NULL DEFAULT 0,    -- by all others that have ended
  first_usec INTEGER,                      -- the first start and the last end of its attempts
  last_usec INTEGER,
  unfit_usec INTEGER NOT NULL DEFAULT 0,   -- free beside its jobs, while others were ready that did not fit
  unfit_cpus INTEGER NOT NULL DEFAULT 0,   -- free so now, since its last heartbeat
  unknown_usec INTEGER NOT NULL DEFAULT 0  -- of one that was lost: free, as far as known, from the last heartbeat on
);
CREATE INDEX runner_workflow ON runner (workflow);
CREATE INDEX runner_allocation ON runner (allocation) WHERE allocation IS NOT NULL;

CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  run_id INTEGER NOT NULL,
  attempt_id INTEGER NOT NULL,             -- 1, 2, … within the run
  runner INTEGER NOT NULL REFERENCES runner(id),
  start_usec INTEGER NOT NULL,
  end_usec INTEGER,                        -- NULL: still running
  wall_usec INTEGER,                       -- by the monotonic clock, suspension not counted
  state INTEGER REFERENCES job_state(id),  -- what the job became; NULL: still running; 2: goes on later
  exit_code INTEGER,                       -- NULL when a signal ended it
  signal INTEGER,                          -- NULL when it exited
  core INTEGER NOT NULL DEFAULT 0,
  reason INTEGER REFERENCES attempt_reason(id),
  warnings INTEGER NOT NULL DEFAULT 0,     -- bits: ids of attempt_warning
  message TEXT,                            -- what to tell the user about the end
  stderr_tail TEXT,
  stdout TEXT, stderr TEXT,                -- paths
  stream_at INTEGER,                       -- both are one stream file (lib/base/stream.h): where to look in it; 1: it printed nothing; NULL: files
  UNIQUE (job, run_id, attempt_id)
);
CREATE INDEX attempt_open ON attempt (runner) WHERE end_usec IS NULL;
CREATE INDEX attempt_warned ON attempt (id) WHERE warnings <> 0;

-- What a job of several nodes holds on those beside the one where it was started, until their runners have cleared up.
CREATE TABLE share (
  runner INTEGER NOT NULL REFERENCES runner(id) ON DELETE CASCADE,
  job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  run_id INTEGER NOT NULL,
  attempt_id INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0,        -- 1: the attempt has; the runner is to end what is left of it, and to say what it used
  signal INTEGER NOT NULL DEFAULT 0,       -- not 0: the attempt is to end, and what it has on the runner's node gets this signal
  PRIMARY KEY (runner, job, run_id, attempt_id)
) WITHOUT ROWID;
CREATE INDEX share_job ON share (job);

CREATE TABLE usage (
  id INTEGER PRIMARY KEY,
  attempt INTEGER NOT NULL REFERENCES attempt(id) ON DELETE CASCADE,
  node TEXT NOT NULL,
  step TEXT,                               -- Slurm's step.task; NULL: the job itself
  source INTEGER NOT NULL REFERENCES usage_source(id),
  cpu_user_usec INTEGER, cpu_system_usec INTEGER, throttled_usec INTEGER,
  memory_peak_bytes INTEGER,               -- with page cache where the source counts it (cgroup1, cgroup2, spank)
  memory_anon_bytes INTEGER,               -- anon + shmem, the largest seen: what the job needs
  memory_anon_low_bytes INTEGER,           -- bounds of it, when it was not seen
  memory_anon_high_bytes INTEGER,
  memory_limit_bytes INTEGER,              -- NULL: none was set
  swap_peak_bytes INTEGER,
  io_read_bytes INTEGER, io_write_bytes INTEGER,
  oom_kills INTEGER,
  processes_peak INTEGER,
  gpus TEXT,                               -- JSON
  start_usec INTEGER, end_usec INTEGER,    -- of the task; NULL: as long as the attempt, or not known
  UNIQUE (attempt, node, step)
);
-- A time series, where the workflow asks for one (resource_monitor).
CREATE TABLE usage_sample (
  id INTEGER PRIMARY KEY,
  runner INTEGER NOT NULL REFERENCES runner(id) ON DELETE CASCADE,
  attempt INTEGER REFERENCES attempt(id) ON DELETE CASCADE,  -- NULL: of the runner's whole node
  time_usec INTEGER NOT NULL,
  cpu_usec INTEGER,                        -- used since the attempt began; by all of a node since it booted
  memory_bytes INTEGER,                    -- in use then: anon + shmem (proc: resident); of a node all but what is available
  gpus TEXT                                -- JSON: of each of the job's devices memory and utilization then; NULL: it has none
);
CREATE INDEX usage_sample_runner ON usage_sample (runner);
CREATE INDEX usage_sample_attempt ON usage_sample (attempt) WHERE attempt IS NOT NULL;

CREATE TABLE event_kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO event_kind VALUES
  (1, 'workflow_created'), (2, 'workflow_ended'), (3, 'workflow_canceled'), (4, 'workflow_restarted'),
  (10, 'job_ready'), (11, 'job_started'), (12, 'job_ended'), (13, 'job_canceled'), (14, 'job_returned'), (15, 'job_claimed'),
  (20, 'runner_started'), (21, 'runner_left'), (22, 'runner_lost'),
  (30, 'submission_planned'), (31, 'submission_queued'), (32, 'submission_failed'), (33, 'allocation_started'),
  (34, 'allocation_ended'), (35, 'allocation_canceled'),
  (40, 'action_fired'), (41, 'action_started'), (42, 'action_ended'), (43, 'action_lost'),
  (50, 'user');
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  time_usec INTEGER NOT NULL,
  kind INTEGER NOT NULL REFERENCES event_kind(id),
  job INTEGER REFERENCES job(id) ON DELETE CASCADE,
  runner INTEGER, attempt INTEGER, submission INTEGER, allocation INTEGER,
  data TEXT,                               -- JSON
  name TEXT,                               -- of those of kind user: what the user calls it
  key TEXT                                 -- posted once only; NULL: no matter how often
);
CREATE INDEX event_workflow ON event (workflow);
CREATE UNIQUE INDEX event_key ON event (workflow, key) WHERE key IS NOT NULL;

-- What happens when, besides jobs. Fired by the transaction in which the last of its jobs gets there: waits_for names the
-- first one that has not, so that nothing is counted and nothing scanned twice.
CREATE TABLE action (
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,               -- in the file, from 1
  trigger_type INTEGER NOT NULL,           -- enum action_trigger, lib/workflow/action.h
  action_type INTEGER NOT NULL,            -- 0 run_commands, 1 schedule_nodes
  each_runner INTEGER NOT NULL DEFAULT 0,  -- every runner does it once
  commands TEXT,                           -- JSON array
  scheduler TEXT,
  allocations INTEGER NOT NULL DEFAULT 0,
  max_parallel_jobs INTEGER,
  jobs INTEGER NOT NULL DEFAULT 0,         -- that it selects
  state INTEGER NOT NULL DEFAULT 0 REFERENCES action_state(id),  -- of each_runner no more than fired
  waits_for INTEGER REFERENCES job(id) ON DELETE SET NULL,
  maybe INTEGER NOT NULL DEFAULT 0,        -- after a restart: fires only if one of its jobs runs again
  run_id INTEGER,                          -- in which it last fired
  fired_usec INTEGER,
  UNIQUE (workflow, position)
);
CREATE INDEX action_waits ON action (waits_for) WHERE waits_for IS NOT NULL;
CREATE TABLE action_job (
  action INTEGER NOT NULL REFERENCES action(id) ON DELETE CASCADE,
  job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  PRIMARY KEY (action, job)
) WITHOUT ROWID;
CREATE INDEX action_job_job ON action_job (job);
-- One row each time that a runner does it.
CREATE TABLE action_run (
  id INTEGER PRIMARY KEY,
  action INTEGER NOT NULL REFERENCES action(id) ON DELETE CASCADE,
  run_id INTEGER NOT NULL,
  runner INTEGER NOT NULL REFERENCES runner(id) ON DELETE CASCADE,
  start_usec INTEGER NOT NULL,
  end_usec INTEGER,                        -- NULL: still running
  state INTEGER REFERENCES action_state(id),  -- 3 done, 4 failed, 1 to be done again: the runner died, or had to end
  commands_done INTEGER,                   -- that ended well
  exit_code INTEGER,                       -- of the last command; NULL when a signal ended it
  signal INTEGER,
  message TEXT,
  output TEXT,                             -- the end of what it printed
  log TEXT                                 -- path of all of it
);
CREATE INDEX action_run_action ON action_run (action);
CREATE INDEX action_run_runner ON action_run (runner);
-- Jobs that jobs added: torc spawn.
CREATE TABLE spawn (                       -- a call that added something
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,   -- that made it
  lineage TEXT NOT NULL,
  generation INTEGER NOT NULL,             -- 1, 2, … within the lineage; its state is the user data lineage.generation
  time_usec INTEGER NOT NULL,
  jobs INTEGER NOT NULL,                   -- that it added
  state_hash INTEGER,
  UNIQUE (workflow, lineage, generation)
);
CREATE INDEX spawn_job ON spawn (job);
CREATE TABLE spawned (                     -- what a call added; it goes when the job that made the call runs again
  kind INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),  -- 0 job or barrier, 1 file, 2 user data
  item INTEGER NOT NULL,                   -- its id
  spawn INTEGER NOT NULL REFERENCES spawn(id) ON DELETE CASCADE,
  PRIMARY KEY (kind, item)
) WITHOUT ROWID;
CREATE INDEX spawned_spawn ON spawned (spawn);
CREATE TABLE failure_handler (
  id INTEGER PRIMARY KEY,
  workflow INTEGER NOT NULL REFERENCES workflow(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  spec TEXT NOT NULL,                      -- JSON as in the file
  UNIQUE (workflow, name)
);

-- ---- views: for people, and for scripts. Times are ISO 8601 UTC text, durations seconds, sizes bytes. ----

CREATE VIEW last_attempt AS                -- the newest attempt of each job
  SELECT a.* FROM attempt a
  WHERE a.id = (SELECT b.id FROM attempt b WHERE b.job = a.job ORDER BY b.run_id DESC, b.attempt_id DESC LIMIT 1);

CREATE VIEW job_status AS
  SELECT j.workflow, j.id, j.name, s.name AS state, c.name AS class, j.attempts, a.exit_code, a.signal, r.name AS reason,
         strftime('%Y-%m-%dT%H:%M:%fZ', a.start_usec / 1e6, 'unixepoch') AS start,
         strftime('%Y-%m-%dT%H:%M:%fZ', a.end_usec / 1e6, 'unixepoch') AS end,
         a.wall_usec / 1e6 AS wall_s, n.node, a.message,
         (SELECT group_concat(w.name) FROM attempt_warning w WHERE a.warnings & w.id) AS warnings
  FROM job j JOIN job_state s ON s.id = j.state JOIN resource_class c ON c.id = j.class
  LEFT JOIN last_attempt a ON a.job = j.id LEFT JOIN attempt_reason r ON r.id = a.reason
  LEFT JOIN runner n ON n.id = a.runner;

CREATE VIEW job_usage AS
  SELECT j.workflow, j.id AS job, j.name, a.run_id, a.attempt_id, u.node, u.step, o.name AS source, a.wall_usec / 1e6 AS wall_s,
         u.cpu_user_usec / 1e6 AS cpu_user_s, u.cpu_system_usec / 1e6 AS cpu_system_s,
         u.memory_peak_bytes, u.memory_anon_bytes, u.memory_limit_bytes, u.io_read_bytes, u.io_write_bytes, u.oom_kills,
         c.cpus AS cpus_asked, c.memory_bytes AS memory_asked_bytes, c.runtime_usec / 1e6 AS runtime_asked_s
  FROM usage u JOIN attempt a ON a.id = u.attempt JOIN job j ON j.id = a.job
  JOIN resource_class c ON c.id = j.class JOIN usage_source o ON o.id = u.source;

CREATE VIEW samples AS                     -- job NULL: of the whole node
  SELECT n.workflow, strftime('%Y-%m-%dT%H:%M:%fZ', p.time_usec / 1e6, 'unixepoch') AS time, j.name AS job, a.run_id, a.attempt_id,
         n.node, p.cpu_usec / 1e6 AS cpu_s, p.memory_bytes
  FROM usage_sample p JOIN runner n ON n.id = p.runner LEFT JOIN attempt a ON a.id = p.attempt LEFT JOIN job j ON j.id = a.job;

CREATE VIEW class_usage AS
  SELECT workflow, c.id AS class, c.name, count(*) AS attempts,
         max(u.memory_peak_bytes) AS memory_peak_bytes, max(u.memory_anon_bytes) AS memory_anon_bytes,
         c.memory_bytes AS memory_asked_bytes, max(a.wall_usec) / 1e6 AS wall_max_s, avg(a.wall_usec) / 1e6 AS wall_mean_s,
         c.runtime_usec / 1e6 AS runtime_asked_s,
         sum(u.cpu_user_usec + u.cpu_system_usec) * 1.0 / nullif(sum(a.wall_usec * c.cpus), 0) AS cpu_efficiency
  FROM (SELECT * FROM resource_class) c
  JOIN (SELECT id AS job_id, class FROM job) j ON j.class = c.id
  JOIN attempt a ON a.job = j.job_id JOIN usage u ON u.attempt = a.id
  GROUP BY c.id;

CREATE VIEW allocation_usage AS
  SELECT s.workflow, l.id, coalesce(l.slurm_job_id, s.slurm_job_id) AS slurm_job_id, l.array_task_id, s.partition,
         l.node_list, t.name AS state, s.walltime_usec / 1e6 AS walltime_s,
         strftime('%Y-%m-%dT%H:%M:%fZ', l.start_usec / 1e6, 'unixepoch') AS start,
         strftime('%Y-%m-%dT%H:%M:%fZ', l.end_usec / 1e6, 'unixepoch') AS end,
         (l.end_usec - l.start_usec) / 1e6 AS held_s,
         (SELECT sum(jobs_run) FROM runner WHERE runner.allocation = l.id) AS jobs_run
  FROM allocation l JOIN submission s ON s.id = l.submission JOIN allocation_state t ON t.id = l.state;
