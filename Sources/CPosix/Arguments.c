#include "CPosix.h"

#include <stddef.h>

static int argument_count;
static char **arguments;

/// The C library hands an initializer what it hands to `main`, in a program that is linked statically as well.
__attribute__((constructor)) static void take_arguments(int count, char **values) {
    // Who starts a program without any gives it none; since Linux 5.18 that is one, and empty.
    if (count < 1 || values[0] == NULL || values[0][0] == 0) return;
    argument_count = count;
    arguments = values;
}

int cposix_argument_count(void) { return argument_count; }

const char *cposix_argument(int index) { return arguments[index]; }
