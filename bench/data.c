// SPDX-License-Identifier: GPL-2.0-or-later
// data COUNT: as a job, sets user data "n" COUNT times over the runner's socket, up to 512 requests
// under way, and waits for every answer; then commits single rows to an SQLite database of its own
// beside $TORC_DB, for as long. Prints both rates.
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"

enum { WINDOW = 512 };

static double now(void)
{
    return (double)clock_mono_usec() / 1e6;
}

static void fail(const char *what)
{
    fprintf(stderr, "data: %s\n", what);
    exit(1);
}

static int connect_runner(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("TORC_SOCKET");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path ? path : "");
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        fail("cannot connect to $TORC_SOCKET; this is to be run as a job");
    return fd;
}

// Answers that came: each is exactly {"ok":true}.
static int take_answers(int fd)
{
    static char buffer[65536], line[64];
    static size_t length;
    int count = 0;
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0)
        fail("the runner went away");
    for (ssize_t i = 0; i < n; i++) {
        if (buffer[i] != '\n' && length < sizeof line - 1) {
            line[length++] = buffer[i];
            continue;
        }
        line[length] = '\0';
        length = 0;
        if (strcmp(line, "{\"ok\":true}"))
            fail(line);
        count++;
    }
    return count;
}

static double set_many(int count)
{
    int fd = connect_runner(), sent = 0, answered = 0;
    double start = now();
    while (answered < count) {
        for (; sent < count && sent - answered < WINDOW; sent++) {
            char line[128];
            int length =
                snprintf(line, sizeof line,
                         "{\"op\":\"set\",\"name\":\"n\",\"value\":{\"i\":%d}}\n", sent + 1);
            if (write(fd, line, (size_t)length) != length)
                fail("write");
        }
        answered += take_answers(fd);
    }
    close(fd);
    return count / (now() - start);
}

static double commit_many(double seconds)
{
    char path[4096];
    sqlite3 *db;
    sqlite3_stmt *s;
    int count = 0;
    snprintf(path, sizeof path, "%s.bare", getenv("TORC_DB") ? getenv("TORC_DB") : "torc.db");
    if (sqlite3_open(path, &db) ||
        sqlite3_exec(db,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE d (id "
                     "INTEGER PRIMARY KEY, data TEXT);"
                     "INSERT INTO d VALUES (1, NULL)",
                     NULL, NULL, NULL) ||
        sqlite3_prepare_v2(db, "UPDATE d SET data = ?1 WHERE id = 1", -1, &s, NULL))
        fail(sqlite3_errmsg(db));
    double start = now(), end = start + seconds;
    for (; now() < end; count++) {
        char value[32]; // another one each time: what changes nothing is not written
        snprintf(value, sizeof value, "{\"i\":%d}", count);
        sqlite3_reset(s);
        sqlite3_bind_text(s, 1, value, -1, SQLITE_STATIC);
        if (sqlite3_step(s) != SQLITE_DONE)
            fail(sqlite3_errmsg(db));
    }
    double rate = count / (now() - start);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return rate;
}

int main(int argc, char **argv)
{
    int count = argc == 2 ? atoi(argv[1]) : 0;
    if (count <= 0) {
        fputs("usage: data COUNT\n", stderr);
        return 2;
    }
    double requests = set_many(count), commits = commit_many(count / requests);
    printf("%.0f %.0f\n", requests, commits);
    return 0;
}
