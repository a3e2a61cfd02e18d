/// What ``EmergencyStopClient/withWorkflow(_:whenPaused:isolation:_:)`` does about a workflow that is paused before
/// it has begun.
public enum PausePolicy: Sendable, Hashable {
    /// Waits for `go`, or for `stop`, however long that takes.
    case wait
    /// Throws ``EmergencyStopped`` at once: for what is started by a timer, and must not pile up.
    case fail
}
