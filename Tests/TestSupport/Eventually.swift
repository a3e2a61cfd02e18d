/// How long is waited for what normally takes milliseconds, before it counts as never: machines can be busy.
package let patience = Duration.seconds(60)

/// Waits until the condition holds, looking every few milliseconds.
///
/// - Parameters:
///   - limit: How long is waited before it counts as never.
///   - what: What is waited for, for the message.
package func eventually(
    within limit: Duration = patience, _ what: @autoclosure () -> String, _ condition: () throws -> Bool
) throws {
    let end = ContinuousClock.now + limit
    while true {
        if try condition() { return }
        guard ContinuousClock.now < end else { throw TestFailure("not within \(limit): \(what())") }
        yieldProcessor()
    }
}

/// Checks that a condition goes on to hold for so long: for what must not happen.
package func throughout(_ duration: Duration, _ what: String, _ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + duration
    repeat {
        guard try condition() else { throw TestFailure("did not hold: \(what)") }
        yieldProcessor()
    } while ContinuousClock.now < end
}
