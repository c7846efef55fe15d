// SPDX-License-Identifier: GPL-2.0-or-later
// socket_client [--leave|--idle COUNT]: standard input to the runner's socket ($TORC_SOCKET), then
// its answers to standard output until it closes. --leave: goes away without reading any. --idle:
// opens COUNT more connections that say nothing, prints "idle", and stays until it is killed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_runner(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("TORC_SOCKET");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path ? path : "");
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
        perror("socket_client");
        exit(2);
    }
    return fd;
}

int main(int argc, char **argv)
{
    static char buffer[65536];
    int fd = connect_runner();
    int idle = argc > 2 && !strcmp(argv[1], "--idle") ? atoi(argv[2]) : 0;
    for (ssize_t n; (n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0;) {
        char *at = buffer;
        for (ssize_t sent; n > 0 && (sent = send(fd, at, (size_t)n, MSG_NOSIGNAL)) > 0; at += sent)
            n -= sent;
        if (n > 0)
            break; // it does not listen any more; what it said is still there to be read
    }
    if (argc > 1 && !strcmp(argv[1], "--leave"))
        return 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < idle; i++)
        connect_runner();
    if (idle)
        puts("idle");
    else
        shutdown(fd, SHUT_WR);
    for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
        fwrite(buffer, 1, (size_t)n, stdout);
    if (idle)
        pause();
    return 0;
}
