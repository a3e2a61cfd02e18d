// Stops a workflow again and again by renaming a file into place, and prints how long it takes until those who
// listen on the socket are told: the median and the 99th percentile in microseconds.
//
//   notify SOCKET FILE CHANGES LISTENERS MODE [ENTRIES]
//
// ENTRIES: how many others the file has besides W.
// MODE watch: each listener sends "watch W" and waits for "stop W" (estopd); the entry is released again between.
// MODE raw: a listener waits for any byte (relay, beside this).
// The time ends when the last listener has been told.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int entries;

static void prepare(const char *path, const char *status) {
    FILE *file = fopen(path, "w");
    if (!file) fail(path);
    fprintf(file, "{\"Name\": \"W\", \"Status\": \"%s\"}\n", status);
    for (int i = 0; i < entries; i++) fprintf(file, "{\"Name\": \"workflow-%d\", \"Status\": \"go\"}\n", i);
    if (fclose(file)) fail(path);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int poller, listeners, raw;
static int *fds;

// Waits until every listener has heard a line that begins with the word, or in raw mode any byte.
static void await(const char *word) {
    static char *heard;
    if (!heard) heard = malloc(listeners);
    memset(heard, 0, listeners);
    int missing = listeners;
    while (missing) {
        struct epoll_event events[256];
        int count = epoll_wait(poller, events, 256, 30000);
        if (count == 0) {
            fprintf(stderr, "notify: %d listeners were not told %s within 30 s\n", missing, word);
            exit(1);
        }
        for (int i = 0; i < count; i++) {
            char buffer[4096];
            int index = events[i].data.u32;
            ssize_t got = read(fds[index], buffer, sizeof buffer - 1);
            if (got <= 0) fail("read");
            buffer[got] = 0;
            if (!heard[index] && (raw || strstr(buffer, word))) {
                heard[index] = 1;
                missing--;
            }
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 6 && argc != 7) {
        fprintf(stderr, "usage: notify SOCKET FILE CHANGES LISTENERS watch|raw [ENTRIES]\n");
        return 64;
    }
    const char *file = argv[2];
    int changes = atoi(argv[3]);
    listeners = atoi(argv[4]);
    raw = !strcmp(argv[5], "raw");
    if (argc == 7) entries = atoi(argv[6]);
    struct rlimit limit = {listeners + 64, listeners + 64};
    setrlimit(RLIMIT_NOFILE, &limit);
    char temporary[4096];
    snprintf(temporary, sizeof temporary, "%s.next", file);

    poller = epoll_create1(0);
    fds = calloc(listeners, sizeof *fds);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    for (int i = 0; i < listeners; i++) {
        fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fds[i], (struct sockaddr *)&address, sizeof address)) fail("connect");
        if (!raw && write(fds[i], "watch W\n", 8) != 8) fail("write");
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(poller, EPOLL_CTL_ADD, fds[i], &event);
    }
    if (!raw) await("W\t");
    double *times = calloc(changes, sizeof *times);
    for (int i = 0; i < changes; i++) {
        prepare(temporary, "stop");
        struct timespec pause = {0, 20000000};
        nanosleep(&pause, NULL);
        double begin = now();
        if (rename(temporary, file)) fail("rename");
        await("stop W");
        times[i] = now() - begin;
        prepare(temporary, "go");
        if (rename(temporary, file)) fail("rename");
        await("go W");
    }
    qsort(times, changes, sizeof *times, compare);
    printf("%.1f %.1f\n", times[changes / 2], times[changes * 99 / 100]);
    return 0;
}
