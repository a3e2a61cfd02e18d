// Asks a server on a Unix domain socket the same thing again and again, and prints the answers per second.
//
//   load SOCKET CONNECTIONS OUTSTANDING SECONDS LINES-PER-ANSWER REQUEST
//
// One thread and epoll, so that the server is what is measured: it serves estopd and redis in the same way.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

struct connection {
    int fd;
    int lines;
};

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: load SOCKET CONNECTIONS OUTSTANDING SECONDS LINES-PER-ANSWER REQUEST\n");
        return 64;
    }
    int connections = atoi(argv[2]), outstanding = atoi(argv[3]), per_answer = atoi(argv[5]);
    double seconds = atof(argv[4]);
    char one[1024];
    int length = snprintf(one, sizeof one, "%s\r\n", argv[6]);
    char *batch = malloc((size_t)length * outstanding);
    for (int i = 0; i < outstanding; i++) memcpy(batch + i * length, one, length);

    int poll = epoll_create1(0);
    struct connection *all = calloc(connections, sizeof *all);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    for (int i = 0; i < connections; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
        all[i].fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    }
    for (int i = 0; i < connections; i++)
        if (write(all[i].fd, batch, length * outstanding) < 0) fail("write");

    uint64_t answers = 0;
    double begin = now(), end = begin + seconds, time = begin;
    static char buffer[1 << 16];
    while ((time = now()) < end) {
        struct epoll_event events[64];
        int count = epoll_wait(poll, events, 64, 100);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t got = read(c->fd, buffer, sizeof buffer);
            if (got <= 0) fail("read");
            for (ssize_t k = 0; k < got; k++) c->lines += buffer[k] == '\n';
            int done = c->lines / per_answer;
            c->lines %= per_answer;
            answers += done;
            if (done && write(c->fd, batch, (size_t)length * done) < 0) fail("write");
        }
    }
    printf("%.0f\n", answers / (time - begin));
    return 0;
}
