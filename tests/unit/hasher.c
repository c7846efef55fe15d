// SPDX-License-Identifier: GPL-2.0-or-later
// The thread that hashes files: what has a hash and what has none, how often a file is read, and
// that a file system that hangs holds nobody up.
#include "runner/hasher.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/content.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "tests/tap.h"

enum { MOST_BYTES = 1 << 20, MANY = 1000 };

static atomic_int reads, hanging; // reads: of 256 KiB each, or less
static atomic_bool hang, grow;

// In place of the C library's.
ssize_t read(int fd, void *buffer, size_t room)
{
    struct stat st;
    if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
        reads++;
        if (grow && truncate("grows", 7))
            abort();
        for (hanging = hang; hang;)
            usleep(1000);
    }
    return syscall(SYS_read, fd, buffer, room);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    fputs(text, file);
    fclose(file);
}

static struct file_seen see(const char *name)
{
    struct stat st;
    return stat(name, &st) ? (struct file_seen){-1, -1, -1, -1, -1} : content_look(&st);
}

// Waits for a task, 20 s at the most; false: it does not get done.
static bool await(struct hasher *hasher, struct hash_task *task, struct file_seen *files)
{
    while (task && !hasher_take(hasher, task, files)) {
        if (poll(&(struct pollfd){hasher_fd(hasher), POLLIN, 0}, 1, 20000) != 1)
            return false;
        hasher_hear(hasher);
    }
    return task;
}

// Of what is there now.
static int64_t hash_of(struct hasher *hasher, const char *name)
{
    struct file_seen file = see(name);
    file.hash = 7;
    return await(hasher, hasher_ask(hasher, &name, &file, 1), &file) ? file.hash : -2;
}

static void test_files(struct hasher *hasher)
{
    write_file("text", "what is in it");
    write_file("empty", "");
    write_file("large", "");
    write_file("grows", "grows");
    is_int(hash_of(hasher, "text"), hash_bytes("what is in it", 13),
           "a file's hash is of what is in it");
    is_int(hash_of(hasher, "empty"), hash_bytes("", 0), "an empty file has one, too");
    is_int(truncate("large", MOST_BYTES), 0, "a large file");
    ok(hash_of(hasher, "large") > 0, "as large as it may be it has one");
    is_int(truncate("large", MOST_BYTES + 1), 0, "... and larger");
    int before = reads;
    is_int(hash_of(hasher, "large"), UNKNOWN, "it has none");
    mkfifo("pipe", 0600);
    int writer = open("pipe", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    is_int(hash_of(hasher, "pipe"), UNKNOWN, "a pipe has none");
    is_int(hash_of(hasher, "/dev/zero"), UNKNOWN, "nor has a device");
    is_int(hash_of(hasher, "nowhere"), UNKNOWN, "nor has what is not there");
    is_int(reads, before, "... and none of them was read");
    close(writer);
}

static void test_changes(struct hasher *hasher)
{
    const char *name = "text";
    struct file_seen file = see(name);
    write_file("text", "something else, longer");
    ok(await(hasher, hasher_ask(hasher, &name, &file, 1), &file) && file.hash == UNKNOWN,
       "a file that is not what was seen has none");
    grow = true;
    is_int(hash_of(hasher, "grows"), UNKNOWN, "nor has one that changes while it is read");
    grow = false;
}

static void test_folder(struct hasher *hasher)
{
    mkdir("folder", 0700);
    int64_t empty = hash_of(hasher, "folder");
    write_file("folder/b", "1");
    int64_t one = hash_of(hasher, "folder");
    write_file("folder/b", "22");
    int64_t larger = hash_of(hasher, "folder");
    utimensat(AT_FDCWD, "folder/b", (struct timespec[]){{1000, 0}, {1000, 0}}, 0);
    int64_t older = hash_of(hasher, "folder");
    rename("folder/b", "folder/c");
    int64_t other = hash_of(hasher, "folder");
    ok(empty >= 0 && one > 0 && one != empty && larger != one && older != larger && other != older,
       "a folder's hash changes with an entry, its size, its mtime, its name");
    rename("folder/c", "folder/b");
    is_int(hash_of(hasher, "folder"), older, "... and is the same when they are");
    if (symlink("nowhere", "folder/link"))
        abort();
    ok(hash_of(hasher, "folder") > 0, "a link to nowhere is an entry");
}

static void test_many(struct hasher *hasher)
{
    static const char *names[MANY];
    static struct file_seen files[MANY];
    struct hash_task *tasks[MANY];
    for (int i = 0; i < MANY; i++) {
        names[i] = xasprintf("many.%d", i);
        write_file(names[i], names[i]);
        files[i] = see(names[i]);
    }
    reads = 0;
    for (int i = 0; i < MANY; i++)
        tasks[i] = hasher_ask(hasher, names, files, 1);
    bool all = true;
    for (int i = 0; i < MANY; i++)
        all &= await(hasher, tasks[i], files) && files->hash == hash_bytes("many.0", 6);
    ok(all, "what 1000 jobs have read has its hash for each");
    is_int(reads, 2, "... and is read once, to its end");
    reads = 0;
    all = await(hasher, hasher_ask(hasher, names, files, MANY), files);
    for (int i = 0; i < MANY; i++)
        all &= files[i].hash == hash_bytes(names[i], strlen(names[i]));
    ok(all, "1000 inputs of a job have theirs");
    is_int(reads, 2 * (MANY - 1), "... and are read once each");
    all = await(hasher, hasher_ask(hasher, names, files, MANY), files);
    ok(all && reads < 2 * MANY + 200, "another job that reads them has hardly any read again: %d",
       reads - 2 * (MANY - 1));
}

static bool is_hanging(void)
{
    for (int i = 0; i < 20000 && !hanging; i++)
        usleep(1000);
    return hanging;
}

static void test_hanging(struct hasher *hasher)
{
    const char *name = "hangs", *next = "next";
    write_file(name, name);
    write_file(next, next);
    struct file_seen file = see(name), other = see(next);
    hang = true;
    struct hash_task *first = hasher_ask(hasher, &name, &file, 1),
                     *second = hasher_ask(hasher, &next, &other, 1);
    ok(is_hanging() && !hasher_take(hasher, first, &file), "a file system that hangs");
    hasher_forget(hasher, first);
    ok(!hasher_ask(hasher, &name, &file, 1), "... is waited for by no further job");
    ok(!hasher_take(hasher, second, &other), "those that wait already may wait");
    hang = false;
    ok(await(hasher, second, &other) && other.hash == hash_bytes(next, 4),
       "... and have their answer when it is back");
    is_int(file.hash, UNKNOWN, "the one that did not wait is left alone");
    is_int(hash_of(hasher, "hangs"), hash_bytes("hangs", 5), "then jobs are hashed again");
    write_file(name, "for ever");
    file = see(name);
    hang = true;
    first = hasher_ask(hasher, &name, &file, 1);
    second = hasher_ask(hasher, &next, &other, 1);
    ok(is_hanging(), "one that hangs for ever");
    hasher_forget(hasher, second);
    hasher_forget(hasher, first);
    hasher_destroy(hasher);
    ok(true, "... does not keep the runner");
}

int main(void)
{
    struct error err;
    char folder[] = "/tmp/torc-hasher.XXXXXX";
    if (!mkdtemp(folder) || chdir(folder))
        return EXIT_FAILURE;
    struct hasher *hasher = hasher_create(MOST_BYTES, &err);
    test_files(hasher);
    test_changes(hasher);
    test_folder(hasher);
    test_many(hasher);
    test_hanging(hasher); // the thread is still at it when this program ends
    cleanup_free char *command = xasprintf("rm -rf %s", folder);
    if (system(command))
        return EXIT_FAILURE;
    return done_testing();
}
