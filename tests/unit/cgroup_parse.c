// SPDX-License-Identifier: GPL-2.0-or-later
// Reading /proc and cgroup files, from folders of made-up ones.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/cgroup.h"
#include "lib/meter/cgroup_path.h"
#include "lib/meter/proc.h"
#include "tests/tap.h"

static char root[] = "/tmp/torc-proc-XXXXXX";

static void put(const char *name, const char *text, size_t size)
{
    cleanup_free char *path = xasprintf("%s/%s", root, name);
    for (char *p = path + sizeof root; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0755);
        *p = '/';
    }
    cleanup_fclose FILE *file = fopen(path, "w");
    if (!file || fwrite(text, 1, size, file) != size)
        printf("Bail out! %s\n", path);
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

#define V1_MOUNT \
    "31 20 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
#define CPU_MOUNT "32 20 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define V2_MOUNT "33 20 0:29 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

static const struct {
    const char *name, *cgroup, *mounts, *controller, *path;
} places[] = {
    {"v2", "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_3\n", V2_MOUNT, NULL,
     "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_0/user/task_3"},
    {"v1", "5:cpu,cpuacct:/a\n4:memory:/slurm/uid_1/job_7/step_0/task_0\n0::/x\n",
     CPU_MOUNT V1_MOUNT V2_MOUNT, "memory",
     "/sys/fs/cgroup/memory/slurm/uid_1/job_7/step_0/task_0"},
    {"v1, two controllers in one hierarchy", "5:cpu,cpuacct:/a\n4:memory:/b\n", CPU_MOUNT V1_MOUNT,
     "cpuacct", "/sys/fs/cgroup/cpu,cpuacct/a"},
    {"a controller whose name begins like another", "5:cpuset:/s\n", CPU_MOUNT, "cpu", NULL},
    {"the root", "4:memory:/\n", V1_MOUNT, "memory", "/sys/fs/cgroup/memory"},
    {"a colon in the path", "0::/user.slice/a:b\n", V2_MOUNT, NULL,
     "/sys/fs/cgroup/user.slice/a:b"},
    {"a container: the mount shows a part of the hierarchy", "4:memory:/docker/17/task_0\n",
     "31 20 0:27 /docker/17 /cg\\040v1 rw - cgroup cgroup rw,memory\n", "memory", "/cg v1/task_0"},
    {"another part of it", "4:memory:/docker/170/task_0\n",
     "31 20 0:27 /docker/17 /cg rw - cgroup cgroup rw,memory\n", "memory", NULL},
    {"outside the namespace", "0::/../job_8\n", V2_MOUNT, NULL, NULL},
    {"not mounted", "0::/a\n", V1_MOUNT, NULL, NULL},
    {"no such hierarchy", "0::/a\n", V2_MOUNT, "memory", NULL},
};

static void test_places(void)
{
    cleanup_close int proc = open(root, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        put_text("self/cgroup", places[i].cgroup);
        put_text("self/mountinfo", places[i].mounts);
        cleanup_free char *path = cgroup_path(proc, places[i].controller);
        is_text(path, places[i].path, places[i].name);
    }
}

static void test_processes(void)
{
    cleanup_close int proc = open(root, O_RDONLY | O_DIRECTORY);
    struct proc_stat stat;
    put_text("7/stat", "7 (a) b) (c) S 3 7 5 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 99 100\n");
    ok(!proc_stat(proc, 7, &stat), "stat of a process whose name holds brackets");
    ok(!strcmp(stat.name, "a) b) (c") && stat.state == 'S' && stat.ppid == 3 && stat.session == 5 &&
           stat.start_ticks == 4242,
       "its fields");
    is_int(stat.cpu_ticks, 5 + 6 + 7 + 8, "its CPU time");
    put_text("8/stat", "8 (cut");
    is_int(proc_stat(proc, 8, &stat), -1, "a stat that is cut off");
    is_int(proc_stat(proc, 9, &stat), -1, "a process that is gone");
    is_int(proc_node_cpu_usec(proc), -1, "no stat of the node");
    put_text("stat", "cpu  100 20 30 4000 5 6 7 8 9 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n");
    is_int(proc_node_cpu_usec(proc), proc_ticks_usec(100 + 20 + 30 + 6 + 7), "its CPUs' busy time");
    put_text("meminfo",
             "MemTotal:        1000 kB\nMemFree:           10 kB\nMemAvailable:     400 kB\n");
    is_int(proc_node_memory_bytes(proc), 600 << 10, "its memory less what is available");
    struct proc_memory memory;
    put_text("7/status", "Name:\tVmRSS:\nVmRSS:\t     100 kB\nRssAnon:\t      50 kB\nRssFile:\t    "
                         "  40 kB\nRssShmem:\t      10 kB\n");
    ok(!proc_memory(proc, 7, &memory) && memory.rss_bytes == 100 << 10 &&
           memory.anon_bytes == 60 << 10,
       "status");
    put_text("7/status", "Name:\ta\nState:\tZ (zombie)\n");
    is_int(proc_memory(proc, 7, &memory), -1, "the status of a zombie");
    put_text("7/smaps_rollup",
             "0-1 ---p 00000000 00:00 0 [rollup]\nRss:  900 kB\nPss:  300 kB\nPss_Dirty: 1 kB\n");
    is_int(proc_pss_bytes(proc, 7), 300 * 1024, "smaps_rollup");
    put("7/environ", "PATH=/bin\0TORC_JOB_ID=12\0X=TORC_RUN_ID=1\0TORC_RUN_ID=11\0", 57);
    size_t size;
    cleanup_free char *texts = proc_environ(proc, 7, &size);
    ok(texts && proc_environ_has(texts, size, "TORC_JOB_ID=12") &&
           proc_environ_has(texts, size, "PATH=/bin"),
       "environ");
    ok(texts && !proc_environ_has(texts, size, "TORC_JOB_ID=1"), "not a part of a value");
    ok(texts && !proc_environ_has(texts, size, "TORC_RUN_ID=1"), "not in another's value");
    ok(texts && proc_environ_begins(texts, size, "TORC_JOB_ID=") &&
           !proc_environ_begins(texts, size, "JOB_ID="),
       "a variable by its name");
    put_text("8/environ", "");
    is_text(proc_environ(proc, 8, &size), NULL, "an empty one tells nothing");
    put_text("7/task/7/children", "20 21 ");
    put_text("7/task/9/children", "22 ");
    put_text("20/task/20/children", "30 ");
    struct pid_list tree = {0};
    proc_tree(proc, 7, &tree);
    ok(tree.count == 5 && pid_list_has(&tree, 7) && pid_list_has(&tree, 21) &&
           pid_list_has(&tree, 22) && pid_list_has(&tree, 30),
       "the tree, through the children of all threads");
    pid_list_fini(&tree);
}

static void test_cgroup_files(void)
{
    static const char stat[] = "anon 17\nanon_thp 3\nfile 99\nfile_mapped 5\nbad x\n";
    is_int(cgroup_key(stat, "anon"), 17, "the first key");
    is_int(cgroup_key(stat, "file"), 99, "a key that begins another");
    is_int(cgroup_key(stat, "fil"), UNKNOWN, "the beginning of a key is none");
    is_int(cgroup_key(stat, "bad"), UNKNOWN, "no number");
    cleanup_close int dir = open(root, O_RDONLY | O_DIRECTORY);
    put_text("memory.peak", "123456\n");
    put_text("memory.max", "max\n");
    is_int(cgroup_number(dir, "memory.peak"), 123456, "a number");
    is_int(cgroup_number(dir, "memory.max"), UNKNOWN, "max is no number");
    is_int(cgroup_number(dir, "nothing"), UNKNOWN, "no file");
}

static void test_pid_map(void)
{
    struct pid_map map = {0};
    static int a, b;
    for (pid_t pid = 1; pid <= 1000; pid++)
        pid_map_set(&map, pid * 64, pid % 3 ? &a : &b);
    for (pid_t pid = 1; pid <= 1000; pid += 2)
        pid_map_remove(&map, pid * 64);
    int wrong = 0;
    for (pid_t pid = 1; pid <= 1000; pid++)
        wrong += pid_map_get(&map, pid * 64) != (pid % 2   ? NULL
                                                 : pid % 3 ? (void *)&a
                                                           : (void *)&b);
    is_int(wrong, 0, "a map of processes keeps what it should, and only that");
    pid_map_remove_owner(&map, &a);
    wrong = 0;
    for (pid_t pid = 1; pid <= 1000; pid++)
        wrong += pid_map_get(&map, pid * 64) != (pid % 2 || pid % 3 ? NULL : (void *)&b);
    is_int(wrong, 0, "without one owner's");
    is_int((int64_t)map.count, 166, "and counts them");
    pid_map_fini(&map);
}

int main(void)
{
    if (!mkdtemp(root))
        return 1;
    test_places();
    test_processes();
    test_cgroup_files();
    test_pid_map();
    cleanup_free char *command = xasprintf("rm -rf %s", root);
    return system(command) ? 1 : done_testing();
}
