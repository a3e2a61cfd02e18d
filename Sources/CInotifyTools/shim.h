#pragma once
// The library's own wrapper of <sys/inotify.h>: struct inotify_event and the IN_ masks.
#include <inotifytools/inotify.h>
#include <inotifytools/inotifytools.h>
