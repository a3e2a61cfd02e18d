#pragma once

#include <sys/types.h>
#include <unistd.h>

/// `fork`, which Swift hides as it is unsafe once there are threads: for a process that has none yet.
static inline pid_t cprocess_fork(void) { return fork(); }
