#pragma once

#include <sys/types.h>
#include <sys/vfs.h>
#include <wchar.h>

/// `fork`, which Swift hides as it is unsafe once there are threads: for a process that has none yet.
pid_t cposix_fork(void);

/// How many columns a character takes, in the calling thread's locale; -1 where it cannot be shown.
int cposix_wcwidth(wchar_t character);
