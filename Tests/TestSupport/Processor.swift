internal import Glibc

/// Lets others run while something is waited for that is a matter of time alone.
package func yieldProcessor() { usleep(1000) }

/// Gives up the processor for an instant.
package func yieldThread() { sched_yield() }
