#define _GNU_SOURCE
#include "CPosix.h"

#include <unistd.h>

pid_t cposix_fork(void) { return fork(); }

int cposix_wcwidth(wchar_t character) { return wcwidth(character); }
