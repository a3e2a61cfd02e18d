// Shows the thread sanitizer how a contended `Mutex` of Swift is handed over.
//
// When threads contend for it, the kernel hands it from one to the next, within a library that is not instrumented: the
// sanitizer then takes all that the lock guards for a race. Preloaded, this tells it what the kernel did.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Only an instrumented program has them; a shell between two of them has not.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

SWIFT void lock(uint32_t thread, SELF handle) __asm__(LOCK);
SWIFT bool try(SELF handle) __asm__(TRY);
SWIFT void unlock(SELF handle) __asm__(UNLOCK);

static void taken(void *handle) {
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void lock(uint32_t thread, SELF handle) {
    ((SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK))(thread, handle);
    taken(handle);
}

SWIFT bool try(SELF handle) {
    bool is_taken = ((SWIFT bool (*)(SELF))dlsym(RTLD_NEXT, TRY))(handle);
    if (is_taken) taken(handle);
    return is_taken;
}

SWIFT void unlock(SELF handle) {
    if (__tsan_release) __tsan_release(handle);
    ((SWIFT void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK))(handle);
}
