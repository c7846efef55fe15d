// SPDX-License-Identifier: GPL-2.0-or-later
// What /proc says about processes. `proc` is a directory fd of /proc (tests pass one of files). A
// process that has vanished is an ordinary answer: -1.
#ifndef LIB_METER_PROC_H
#define LIB_METER_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/meter/pid_map.h"

// For what follows: this host's, to be closed. -1: there is none.
int proc_open(void);

struct proc_stat {
    char name[32], state; // of state: R S D Z T …
    pid_t ppid, session;
    int64_t start_ticks; // since boot, as proc_now_ticks
    int64_t own_ticks;   // user and system time
    int64_t cpu_ticks;   // with that of children that were waited for
};
int proc_stat(int proc, pid_t pid, struct proc_stat *stat);
// Is its program of that name (the first 15 bytes of it)?
bool proc_is_named(int proc, pid_t pid, const char *name);
int64_t proc_now_ticks(void);
int64_t proc_ticks_usec(int64_t ticks);

// rss: all resident pages; anon: of them, those of no file: private ones and shared memory (status,
// Linux 4.5). About 20 µs.
struct proc_memory {
    int64_t rss_bytes, anon_bytes;
};
int proc_memory(int proc, pid_t pid, struct proc_memory *memory);

// What of its resident pages is the process's own share (smaps_rollup). Walks all of its memory:
// seldom.
int64_t proc_pss_bytes(int proc, pid_t pid);

// Of the whole node: the time that its CPUs were busy since it booted; its memory less what is
// available. -1: not known.
int64_t proc_node_cpu_usec(int proc);
int64_t proc_node_memory_bytes(int proc);

// Adds the children of a thread, from its open file /proc/PID/task/TID/children.
int proc_children_read(int fd, struct pid_list *children);

// Adds pid and all its descendants.
void proc_tree(int proc, pid_t pid, struct pid_list *tree);

// The environment that the process was started with: size bytes of texts, each ended by 0; the
// caller's to free. NULL: it cannot be read (gone, a zombie, another user's).
char *proc_environ(int proc, pid_t pid, size_t *size);
bool proc_environ_has(const char *texts, size_t size, const char *text); // text: NAME=VALUE
// Is there a variable whose text begins so ("NAME=")?
bool proc_environ_begins(const char *texts, size_t size, const char *text);

#endif
