-- SPDX-License-Identifier: GPL-2.0-or-later
-- Fills the sums of runners from the attempts that there are. Of one that was lost nobody knows how long it ran: it counts until that
-- was noticed; and not at all if it is not even known whether it had started (it then has the runner's last heartbeat as its start).
UPDATE runner SET used_usec = w.used, lost_usec = w.lost, first_usec = w.first, last_usec = w.last FROM
(SELECT id, CAST(total(iif(useful, took, 0)) AS INTEGER) AS used, CAST(total(iif(useful, 0, took)) AS INTEGER) AS lost,
        min(start) AS first, max(end) AS last FROM
  (SELECT id, start, end, useful, iif(end IS NULL, 0, 1.0 * cpus * coalesce(wall_usec, max(end - start, 0))) AS took FROM
    (SELECT r.id AS id, a.start_usec AS start, a.wall_usec, min(c.cpus, r.cpus) * c.nodes AS cpus,
            iif(a.reason IS 7 AND a.wall_usec IS NULL, min(a.end_usec, ifnull(r.end_usec, a.end_usec)), a.end_usec) AS end,
            a.state IS 5 OR (a.state IS 2 AND a.reason IS 10 AND j.flags & 2) AS useful
     FROM job j CROSS JOIN attempt a ON a.job = j.id CROSS JOIN runner r ON r.id = a.runner CROSS JOIN resource_class c ON c.id = j.class
     WHERE NOT (a.reason IS 7 AND a.wall_usec IS NULL AND a.start_usec = r.heartbeat_usec)))
 GROUP BY id) w WHERE w.id = runner.id;
