-- SPDX-License-Identifier: GPL-2.0-or-later
-- Fills class_used from the attempts that there are, of the workflow ?1 (NULL: of all). The source is the one that usage_total gives.
INSERT OR REPLACE INTO class_used
  (class, state, source, attempts, wall_usec, wall_max_usec, cpu_usec, memory_peak_bytes, memory_anon_bytes)
SELECT j.class, a.state,
       ifnull((SELECT u.source FROM usage u WHERE u.attempt = a.id
               ORDER BY u.source <> 4, u.step IS NOT NULL, iif(u.step IS NULL, -u.id, u.id) LIMIT 1), 0),
       count(*), CAST(sum(1.0 * a.wall_usec) AS INTEGER), max(a.wall_usec),
       CAST(sum(1.0 * (SELECT sum(1.0 * u.cpu_user_usec + u.cpu_system_usec) FROM usage u WHERE u.attempt = a.id)) AS INTEGER),
       max((SELECT max(u.memory_peak_bytes) FROM usage u WHERE u.attempt = a.id)),
       max((SELECT max(u.memory_anon_bytes) FROM usage u WHERE u.attempt = a.id))
FROM job j CROSS JOIN attempt a ON a.job = j.id
WHERE j.workflow = ifnull(?1, j.workflow) AND j.class IS NOT NULL AND a.end_usec IS NOT NULL AND a.state IS NOT NULL
GROUP BY 1, 2, 3;
