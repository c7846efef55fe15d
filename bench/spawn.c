// SPDX-License-Identifier: GPL-2.0-or-later
// spawn COUNT WIDTH PROGRAM: runs PROGRAM COUNT times by posix_spawn, WIDTH at a time. Nothing is
// faster than this loop: it is the limit that a runner of jobs is measured against.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: spawn COUNT WIDTH PROGRAM\n", stderr);
        return 2;
    }
    int left = atoi(argv[1]), width = atoi(argv[2]), running = 0, status;
    char *args[] = {argv[3], NULL};
    while (left > 0 || running > 0) {
        for (; left > 0 && running < width; left--, running++) {
            pid_t pid;
            int error = posix_spawn(&pid, argv[3], NULL, NULL, args, environ);
            if (error) {
                fprintf(stderr, "spawn: cannot start %s (error %d)\n", argv[3], error);
                return 1;
            }
        }
        if (wait(&status) > 0) {
            running--;
            if (status)
                return 1;
        }
    }
    return 0;
}
