// SPDX-License-Identifier: GPL-2.0-or-later
// submit [JOBS [ROUNDS]]: creates a workflow of JOBS (200000) jobs with twice as many dependencies,
// from a file, in a process of its own, and in turn a bare loop that inserts the same rows with the
// same schema and pragmas, into a database as torc leaves it (WAL), and one with a rollback
// journal, which is faster where a database is new; prints the medians, their ratios and the memory
// a job, and exits 1 when a limit is missed. The limit is on the first loop; most of the rest is
// jansson, reading the file.
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/create.h"
#include "lib/text/problem.h"

enum { ROOTS = 10, WINDOW = 1000, NEEDS = 3 };
static const double most_ratio = 1.5, most_kib = 1.5;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "submit: %s: %s\n", what, why);
    exit(2);
}

// The jobs that job i needs, all before it; 2 on average, over all of them twice as many as jobs.
static int needs_of(int i, int needs[NEEDS])
{
    if (i < ROOTS)
        return 0;
    int window = i < WINDOW ? i : WINDOW;
    needs[0] = i - 1 - (int)((long long)i * 7919 % window);
    needs[1] = i - 1 - (int)((long long)i * 104729 % window);
    if (needs[1] == needs[0])
        needs[1] = needs[0] ? needs[0] - 1 : 1;
    needs[2] = i - 1 - WINDOW;
    return i > WINDOW && i <= WINDOW + 2 * ROOTS ? 3 : 2;
}

static void command_of(int i, char *command, size_t size)
{
    snprintf(command, size,
             "./simulate --input data/part_%06d.dat --seed %d --output results/part_%06d.out", i,
             i * 17, i);
}

static void generate(const char *path, int jobs)
{
    cleanup_fclose FILE *f = fopen(path, "we");
    if (!f)
        fail("write", path);
    fputs("{\"name\": \"submit\", \"resource_requirements\": [{\"name\": \"one\", \"num_cpus\": 1, "
          "\"memory\": \"1g\","
          " \"runtime\": \"PT1M\"}], \"jobs\": [\n",
          f);
    for (int i = 0; i < jobs; i++) {
        char command[200];
        int needs[NEEDS], count = needs_of(i, needs);
        command_of(i, command, sizeof command);
        fprintf(f,
                "{\"name\": \"job_%06d\", \"command\": \"%s\", \"resource_requirements\": \"one\", "
                "\"depends_on\": [",
                i, command);
        for (int k = 0; k < count; k++)
            fprintf(f, "%s\"job_%06d\"", k ? ", " : "", needs[k]);
        fprintf(f, "]}%s\n", i + 1 < jobs ? "," : "");
    }
    fputs("]}\n", f);
}

static char *read_file(const char *path, size_t *length)
{
    cleanup_fclose FILE *f = fopen(path, "re");
    if (!f || fseek(f, 0, SEEK_END))
        fail("read", path);
    *length = (size_t)ftell(f);
    rewind(f);
    char *text = xmalloc(*length + 1);
    if (fread(text, 1, *length, f) != *length)
        fail("read", path);
    text[*length] = '\0';
    return text;
}

// What torc-sbatch does between the file and the database.
static int create(const char *file, const char *database)
{
    struct error err = {0};
    struct problems problems = {0};
    struct workflow w;
    size_t length;
    char *text = read_file(file, &length);
    if (workflow_load(text, length, file, &w, &problems)) {
        problems_print(&problems, stderr, "submit", file, 5);
        return 2;
    }
    struct workflow_origin origin = {
        .user = "bench", .file = file, .file_text = text, .folder = "/", .version = TORC_VERSION};
    int64_t id;
    struct store *store = store_open(database, STORE_CREATE, &err);
    if (!store || store_create_workflow(store, &w, &origin, &id, &err))
        fail("create", err.text);
    store_close(store);
    workflow_fini(&w);
    free(text);
    return 0;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL))
        fail(sql, sqlite3_errmsg(db));
    return s;
}

static void step(sqlite3 *db, sqlite3_stmt *s)
{
    if (sqlite3_step(s) != SQLITE_DONE)
        fail("insert", sqlite3_errmsg(db));
    sqlite3_reset(s);
}

static void insert_jobs(sqlite3 *db, int jobs)
{
    sqlite3_stmt *s = prepare(db, "INSERT INTO job (id, workflow, class, name, command, state, "
                                  "unmet, flags, priority, rank, spec)"
                                  " VALUES (?1, 1, 1, ?2, ?3, ?4, ?5, 1, 0, ?6, NULL)");
    for (int i = 0; i < jobs; i++) {
        char name[32], command[200];
        int needs[NEEDS], count = needs_of(i, needs);
        command_of(i, command, sizeof command);
        snprintf(name, sizeof name, "job_%06d", i);
        sqlite3_bind_int(s, 1, i + 1);
        sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
        sqlite3_bind_text(s, 3, command, -1, SQLITE_STATIC);
        sqlite3_bind_int(s, 4, count ? 1 : 2);
        sqlite3_bind_int(s, 5, count);
        sqlite3_bind_int(s, 6, 60 * (jobs - i));
        step(db, s);
    }
    sqlite3_finalize(s);
}

static void insert_needs(sqlite3 *db, int jobs)
{
    sqlite3_stmt *s = prepare(db, "INSERT INTO dependency (job, needs) VALUES (?1, ?2)");
    for (int i = 0; i < jobs; i++) {
        int needs[NEEDS], count = needs_of(i, needs);
        for (int k = 0; k < count; k++) {
            sqlite3_bind_int(s, 1, i + 1);
            sqlite3_bind_int(s, 2, needs[k] + 1);
            step(db, s);
        }
    }
    sqlite3_finalize(s);
}

// The same rows, without a file, a check or a thought.
static int insert_bare(const char *file, const char *database, int jobs, bool wal)
{
    size_t length;
    cleanup_free char *text = read_file(file, &length); // a row has it
    struct error err = {0};
    struct store *store = store_open(database, STORE_CREATE, &err); // makes the schema
    if (!store)
        fail("create", err.text);
    store_close(store);
    sqlite3 *db = NULL;
    if (sqlite3_open(database, &db) ||
        (!wal && sqlite3_exec(db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL)) ||
        sqlite3_exec(db,
                     "PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL; PRAGMA cache_size = "
                     "-16384; PRAGMA temp_store = MEMORY;"
                     "BEGIN IMMEDIATE; INSERT INTO workflow (name, uid, user, created_usec, "
                     "folder, version, settings)"
                     " VALUES ('bare', 0, 'bench', 0, '/', '1', '{}'); INSERT INTO resource_class "
                     "(workflow, name, cpus,"
                     " memory_bytes, runtime_usec) VALUES (1, 'one', 1, 1073741824, 60000000)",
                     NULL, NULL, NULL))
        fail("bare", sqlite3_errmsg(db));
    sqlite3_stmt *s = prepare(db, "INSERT INTO workflow_text (workflow, file_text) VALUES (1, ?1)");
    sqlite3_bind_text(s, 1, text, (int)length, SQLITE_STATIC);
    step(db, s);
    sqlite3_finalize(s);
    insert_jobs(db, jobs);
    insert_needs(db, jobs);
    if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL))
        fail("bare", sqlite3_errmsg(db));
    sqlite3_close(db);
    return 0;
}

struct figures {
    double seconds, kib;
};

static struct figures run(const char *mode, const char *jobs, const char *file,
                          const char *database)
{
    struct rusage usage;
    int status = 0;
    int64_t begin = clock_mono_usec();
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "submit", mode, jobs, file, database, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status)
        fail(mode, "the process failed");
    return (struct figures){(double)(clock_mono_usec() - begin) / 1e6, (double)usage.ru_maxrss};
}

static void check_rows(const char *database, int jobs)
{
    sqlite3 *db = NULL;
    sqlite3_open(database, &db);
    sqlite3_stmt *s =
        prepare(db, "SELECT (SELECT count(*) FROM job), (SELECT count(*) FROM dependency)");
    sqlite3_step(s);
    if (sqlite3_column_int(s, 0) != jobs || sqlite3_column_int(s, 1) != 2 * jobs)
        fail(database, "it has not the rows that it should have");
    sqlite3_finalize(s);
    sqlite3_close(db);
}

static int by_seconds(const void *a, const void *b)
{
    double x = ((const struct figures *)a)->seconds, y = ((const struct figures *)b)->seconds;
    return (x > y) - (x < y);
}

static void drop(const char *database)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        cleanup_free char *path = xasprintf("%s%s", database, tails[i]);
        unlink(path);
    }
}

static struct figures round_of(const char *mode, int jobs, const char *file, const char *database)
{
    char number[16];
    snprintf(number, sizeof number, "%d", jobs);
    struct figures f = run(mode, number, file, database);
    check_rows(database, jobs);
    drop(database);
    return f;
}

static int compare(int jobs, int rounds)
{
    char folder[] = "/var/tmp/torc-bench.XXXXXX";
    if (!mkdtemp(folder))
        fail("mkdtemp", folder);
    cleanup_free char *file = xasprintf("%s/workflow.json", folder),
                      *database = xasprintf("%s/torc.db", folder);
    cleanup_free struct figures *torc = xcalloc((size_t)rounds, sizeof *torc),
                                *bare = xcalloc((size_t)rounds, sizeof *bare);
    cleanup_free struct figures *rollback = xcalloc((size_t)rounds, sizeof *rollback);
    generate(file, jobs);
    for (int i = 0; i < rounds; i++) {
        torc[i] = round_of("create", jobs, file, database);
        bare[i] = round_of("bare", jobs, file, database);
        rollback[i] = round_of("rollback", jobs, file, database);
    }
    unlink(file);
    rmdir(folder);
    qsort(torc, (size_t)rounds, sizeof *torc, by_seconds);
    qsort(bare, (size_t)rounds, sizeof *bare, by_seconds);
    qsort(rollback, (size_t)rounds, sizeof *rollback, by_seconds);
    double t = torc[rounds / 2].seconds, b = bare[rounds / 2].seconds,
           kib = torc[rounds / 2].kib / jobs;
    printf("%d jobs, %d dependencies, from the file to the database\n", jobs, 2 * jobs);
    printf("torc %.2f s, bare inserts %.2f s: %.2f times (at most %.1f: %s)\n", t, b, t / b,
           most_ratio, t / b <= most_ratio ? "reached" : "MISSED");
    printf("bare inserts with a rollback journal %.2f s: %.2f times\n",
           rollback[rounds / 2].seconds, t / rollback[rounds / 2].seconds);
    printf("memory %.2f KiB a job, %.0f MiB in all (at most %.1f KiB: %s)\n", kib,
           torc[rounds / 2].kib / 1024, most_kib, kib <= most_kib ? "reached" : "MISSED");
    return t / b <= most_ratio && kib <= most_kib ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 5 && !strcmp(argv[1], "create"))
        return create(argv[3], argv[4]);
    if (argc == 5 && !strcmp(argv[1], "bare"))
        return insert_bare(argv[3], argv[4], atoi(argv[2]), true);
    if (argc == 5 && !strcmp(argv[1], "rollback"))
        return insert_bare(argv[3], argv[4], atoi(argv[2]), false);
    return compare(argc > 1 ? atoi(argv[1]) : 200000, argc > 2 ? atoi(argv[2]) : 3);
}
