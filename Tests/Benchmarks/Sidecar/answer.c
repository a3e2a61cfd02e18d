// The least that could answer, to measure against: it reads what has come, and answers each line by the same one. What
// the kernel takes for that, nobody can do without.
//
//   answer SOCKET LINE
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(argv[1]);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 4096)) return 1;
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = server};
    epoll_ctl(poll, EPOLL_CTL_ADD, server, &event);

    static char input[4096], output[1 << 20], line[256];
    int length = snprintf(line, sizeof line, "%s\n", argv[2]);
    for (;;) {
        struct epoll_event events[128];
        int count = epoll_wait(poll, events, 128, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == server) {
                event.data.fd = accept4(server, NULL, NULL, SOCK_NONBLOCK);
                epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            ssize_t got = recv(fd, input, sizeof input, MSG_DONTWAIT);
            if (got <= 0) {
                close(fd);
                continue;
            }
            int answered = 0;
            for (ssize_t k = 0; k < got; k++) {
                if (input[k] != '\n') continue;
                memcpy(output + answered, line, length);
                answered += length;
            }
            send(fd, output, answered, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }
}
