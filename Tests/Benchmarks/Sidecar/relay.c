// The least that could do the job, to measure against: inotify on a directory, read the file, one write to each
// listener. It understands nothing of what it reads.
//
//   relay SOCKET DIRECTORY NAME LISTENERS
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 5) return 64;
    int listeners = atoi(argv[4]);
    struct rlimit limit = {listeners + 64, listeners + 64};
    setrlimit(RLIMIT_NOFILE, &limit);
    int *fds = calloc(listeners, sizeof *fds);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(argv[1]);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 4096)) return 1;
    int watch = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(watch, argv[2], IN_MOVED_TO);
    for (int i = 0; i < listeners; i++) fds[i] = accept(server, NULL, NULL);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", argv[2], argv[3]);
    static char events[1 << 16], content[1 << 16];
    while (read(watch, events, sizeof events) > 0) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = read(fd, content, sizeof content);
        close(fd);
        if (length <= 0) continue;
        for (int i = 0; i < listeners; i++)
            if (write(fds[i], "stop W\tcause=listed\n", 20) < 0) return 0;
    }
    return 0;
}
