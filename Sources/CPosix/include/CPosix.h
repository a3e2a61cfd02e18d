#pragma once

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <wchar.h>

/// How many arguments `main` has, of which the first is the program's name; 0 where it has not even that.
///
/// Swift's own `CommandLine` reads them from `/proc`, and takes them for none where that cannot be read.
int cposix_argument_count(void);

/// One of the arguments.
const char *cposix_argument(int index);

/// Opens what is closed of standard input, output and error, before anything else can get their numbers: what is meant
/// for them would go to a socket or a file. They stay useless, as closed ones are: input cannot be read, output not
/// written.
void cposix_open_standard_descriptors(void);

/// `fork`, which Swift hides as it is unsafe once there are threads: for a process that has none yet.
pid_t cposix_fork(void);

/// Makes this process the parent of every descendant whose own parent dies; 0, or -1 with `errno`.
int cposix_become_subreaper(void);

/// Has the process shown under another name and another command line, as far as the room of its own goes.
void cposix_rename_process(const char *name, const char *command_line);

/// The first of these ids that is a child's of this process which has not been waited for, or 0. The kernel is asked for
/// each.
pid_t cposix_next_child(pid_t first, pid_t last);

/// Accepts a connection that does not block and that no child inherits; -1 with `errno`.
int cposix_accept(int listening);

/// 1 where nobody may change or replace what is at the path (chattr +i), 0 where that is not so or cannot be told.
int cposix_is_immutable(const char *path);

/// How many columns a character takes, in the calling thread's locale; -1 where it cannot be shown.
int cposix_wcwidth(wchar_t character);

/// What a process is started with.
struct cposix_start {
    /// The program, sought in `PATH`, and its arguments, ended by a null.
    char *const *arguments;
    /// The process group that it joins.
    pid_t group;
    /// The signals that are blocked in it.
    sigset_t mask;
    /// The signals that are ignored in it; all others have their default action.
    sigset_t ignored;
    /// The descriptors from 3 up that it keeps, ascending.
    const int *kept;
    int kept_count;
    /// The process in whose place it comes: variables of systemd's that name this one name the started one, as a
    /// service takes sockets and a watchdog only where they do.
    pid_t predecessor;
};

/// Starts a process that is killed when the calling thread ends, so call it on a thread that lives as long as the
/// caller.
///
/// Returns its id once it runs the program; or -1 with `errno` where there is none or it cannot be run.
pid_t cposix_start(const struct cposix_start *start);
