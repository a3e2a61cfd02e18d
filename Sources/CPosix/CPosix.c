#define _GNU_SOURCE
#include "CPosix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void cposix_open_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest free number is this one.
        if (open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) != descriptor) _exit(71);
    }
}

pid_t cposix_fork(void) { return fork(); }

int cposix_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

void cposix_rename_process(const char *name, const char *command_line) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
    // What is shown as the command line is the memory of the arguments themselves, one behind the other.
    int shown = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (shown < 0) return;
    char piece[4096];
    size_t room = 0;
    ssize_t count;
    while ((count = read(shown, piece, sizeof piece)) > 0) room += (size_t)count;
    close(shown);
    if (room == 0) return;
    char *first = program_invocation_name;
    memset(first, 0, room);
    strncpy(first, command_line, room - 1);
}

pid_t cposix_next_child(pid_t first, pid_t last) {
    siginfo_t ignored;
    for (pid_t process = first; process <= last; process++) {
        if (waitid(P_PID, (id_t)process, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0) return process;
    }
    return 0;
}

int cposix_accept(int listening) { return accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int cposix_wcwidth(wchar_t character) { return wcwidth(character); }

/// Has descriptors close at exec.
static void close_at_exec(unsigned first, unsigned last) {
    if (first > last) return;
    if (syscall(SYS_close_range, first, last, 1U << 2 /* CLOSE_RANGE_CLOEXEC */) == 0) return;
    // Before Linux 5.11.
    for (unsigned descriptor = first; descriptor <= last && descriptor < 65536; descriptor++) {
        fcntl((int)descriptor, F_SETFD, FD_CLOEXEC);
    }
}

/// The variables that hold the id of the process that they are for.
static const char *const naming_variables[] = {"LISTEN_PID=", "WATCHDOG_PID=", "SYSTEMD_EXEC_PID="};
enum { naming_variable_count = sizeof naming_variables / sizeof *naming_variables, naming_room = 32 };

/// The environment of a process to be started, with room for its own id.
struct environment {
    char **variables;
    /// What those variables are that name it.
    char naming[naming_variable_count][naming_room];
};

/// Writes a name and a number; async-signal-safe.
static void write_variable(char *room, const char *name, pid_t number) {
    char digits[naming_room];
    int count = 0;
    do digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (*name != 0) *room++ = *name++;
    while (count > 0) *room++ = digits[--count];
    *room = 0;
}

/// Copies this process's environment; in what names the predecessor the process that is started is to be named. False
/// where there is no memory.
static bool prepare_environment(struct environment *environment, pid_t predecessor) {
    size_t count = 0;
    while (environ[count] != NULL) count++;
    char **variables = environment->variables = calloc(count + 1, sizeof *variables);
    if (variables == NULL) return false;
    for (int index = 0; index < naming_variable_count; index++) {
        write_variable(environment->naming[index], naming_variables[index], predecessor);
    }
    bool is_first_named = false;
    for (size_t next = 0; next < count; next++) {
        variables[next] = environ[next];
        for (int index = 0; index < naming_variable_count; index++) {
            if (strcmp(environ[next], environment->naming[index]) != 0) continue;
            variables[next] = environment->naming[index];
            is_first_named |= index == 0;
        }
    }
    if (!is_first_named) return true;
    // Another name of the predecessor, which is looked at where it is there.
    size_t kept = 0;
    for (size_t next = 0; next < count; next++) {
        if (strncmp(variables[next], "LISTEN_PIDFDID=", 15) != 0) variables[kept++] = variables[next];
    }
    variables[kept] = NULL;
    return true;
}

/// What the child does: async-signal-safe calls only, as other threads may have held any lock at the fork.
static void become(const struct cposix_start *start, struct environment *environment, pid_t parent, int report) {
    // The group may have gone; then the process stays in the one that it has.
    setpgid(0, start->group);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent) _exit(127);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action = {.sa_handler = sigismember(&start->ignored, number) == 1 ? SIG_IGN : SIG_DFL};
        sigaction(number, &action, NULL);
    }
    unsigned next = 3;
    for (int index = 0; index < start->kept_count; index++) {
        close_at_exec(next, (unsigned)start->kept[index] - 1);
        next = (unsigned)start->kept[index] + 1;
    }
    close_at_exec(next, ~0U);
    for (int index = 0; index < naming_variable_count; index++) {
        write_variable(environment->naming[index], naming_variables[index], getpid());
    }
    sigprocmask(SIG_SETMASK, &start->mask, NULL);
    execvpe(start->arguments[0], start->arguments, environment->variables);
    int failure = errno;
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

pid_t cposix_start(const struct cposix_start *start) {
    struct environment environment;
    if (!prepare_environment(&environment, start->predecessor)) return -1;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(environment.variables);
        return -1;
    }
    sigset_t all, before;
    sigfillset(&all);
    // No handler of the parent's may run in the child.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become(start, &environment, parent, ends[1]);
    }
    int failure = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (child > 0) {
        ssize_t count;
        do count = read(ends[0], &failure, sizeof failure);
        while (count < 0 && errno == EINTR);
        if (count == sizeof failure) {
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
            child = -1;
        }
    }
    close(ends[0]);
    free(environment.variables);
    errno = failure;
    return child;
}

int cposix_is_immutable(const char *path) {
    struct statx status;
    return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &status) == 0
        && (status.stx_attributes & STATX_ATTR_IMMUTABLE) != 0;
}
