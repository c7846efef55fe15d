// SPDX-License-Identifier: GPL-2.0-or-later
// A cgroup for each job: one struct of functions for v1 and one for v2, and what both need to read,
// write and remove.
#ifndef LIB_METER_CGROUP_H
#define LIB_METER_CGROUP_H

#include "lib/base/error.h"
#include "lib/meter/meter.h"
#include "lib/meter/pid_map.h"

enum { CGROUP_DIRS = 2 }; // v1: memory and cpuacct; v2: one

struct cgroup_base { // where this runner may make directories
    const struct cgroup_ops *ops;
    char *path;
    char prefix[64];         // of our directories: "torc_<incarnation>_" or "job_<incarnation>_"
    int dirs[CGROUP_DIRS];   // -1: not there
    bool probe;              // nothing is swept, and what was changed is taken back at the end
    bool moved;              // v2: processes, into a leaf that was made for it
    int64_t made;            // counts names
    struct cgroup_dir *idle; // v1: empty directories that are used again
};

struct cgroup_dir { // of a job
    struct cgroup_base *base;
    struct cgroup_dir *next;
    char name[128];
    int fd;                 // v2: the directory, to be cloned into
    int enter[CGROUP_DIRS]; // v1: cgroup.procs, to write to
    // v1: files read for every job, kept open (1 µs a read; 10 µs with open and close)
    int peak, oom, cpu;
    int64_t limit_bytes;         // as set; 0: none
    int64_t cpu_usec, oom_kills; // v1: what the counters were when this job began
};

struct cgroup_memory {                     // bytes now; UNKNOWN where the kernel does not say
    int64_t anon, file, kernel, processes; // anon with shmem, file without it
};

struct cgroup_ops {
    enum usage_source source;
    const char *prefix;
    // Finds the place where this process may make directories, and takes it. NULL: none, *why says
    // why (the caller's to free). Sweeps what an earlier runner left, unless another one lives in
    // the same place.
    struct cgroup_base *(*open)(int proc, const struct meter_options *options, char **why);
    struct cgroup_dir *(*make)(struct cgroup_base *base, const char *name, int64_t limit_bytes,
                               struct meter_entry *entry, struct error *err);
    bool (*is_populated)(const struct cgroup_dir *dir);
    void (*kill)(const struct cgroup_dir *dir);
    void (*sample)(const struct cgroup_dir *dir, struct cgroup_memory *memory);
    void (*read)(const struct cgroup_dir *dir,
                 struct usage_record *usage);    // once it is empty; sets what it knows
    void (*release)(struct cgroup_dir *dir);     // empty; removes it, or keeps it for another
    void (*take_back)(struct cgroup_base *base); // of a probe; NULL: there is nothing to
};
extern const struct cgroup_ops cgroup_v1, cgroup_v2;

void cgroup_close(struct cgroup_base *base); // removes every directory with our prefix

// For the two. Files are opened below a directory fd; a file that is not there is UNKNOWN, or
// -errno.
struct cgroup_base *cgroup_base_create(const struct cgroup_ops *ops,
                                       const struct meter_options *options, char *path);
void cgroup_base_take(struct cgroup_base *base); // locks it and sweeps, but for a probe
int cgroup_open(const char *path);
int cgroup_open_below(int dir, const char *name);
struct cgroup_dir *cgroup_dir_create(struct cgroup_base *base, const char *name);
void cgroup_dir_destroy(struct cgroup_dir *dir); // removes the directories too
ssize_t cgroup_read(int dir, const char *file, char *text, size_t size);
int64_t cgroup_number(int dir, const char *file);
int64_t cgroup_pread_number(int fd);
int64_t cgroup_key(const char *text, const char *key); // of lines "KEY NUMBER"
int cgroup_write(int dir, const char *file, const char *text);
// the processes in it and below
void cgroup_find(const struct cgroup_dir *dir, struct pid_list *found);

#endif
