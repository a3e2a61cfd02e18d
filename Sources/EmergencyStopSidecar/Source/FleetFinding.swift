package import EmergencyStopCore

/// What a look at the fleet file found out.
package enum FleetFinding: Sendable {
    /// It restrains so much, and may be believed up to an instant.
    case live(FleetHeader, EntryTable, until: ContinuousClock.Instant)
    /// The host has left its fleet up to an instant.
    case left(until: ContinuousClock.Instant)
    /// There is nothing to believe, so that everything is stopped. Of a file that is stale, its header.
    case stopped(SettledState.Condition, FleetHeader?)
    /// Nothing was found out, for a reason that says nothing about the fleet, for example a want of descriptors.
    case failed(String)
}

extension FleetFinding {
    /// What a read of the fleet file comes to: a pure judgement.
    ///
    /// - Parameters:
    ///   - boot: This boot of the machine.
    ///   - times: The time after the read.
    init(_ found: FileRead, boot: String, at times: FleetTimes, lease: Duration, sizeLimit: Int) {
        switch found {
        case .failed(let reason): self = .failed(reason)
        case .absent(.missing): self = .stopped(.fleetMissing(nil), nil)
        case .absent(.unreadable(let why)): self = .stopped(.fleetMissing(why), nil)
        case .file(let content):
            do throws(Diagnostic) {
                let file = try Self.parsed(content, sizeLimit)
                switch file.header.standing(boot: boot, now: times.boot, lease: lease) {
                case .live(let end): self = .live(file.header, file.entries, until: times.instant(of: end))
                case .stale(let why): self = .stopped(.fleetStale(why), file.header)
                }
            } catch {
                self = .stopped(.fleetMalformed(error), nil)
            }
        }
    }

    private static func parsed(_ content: FileContent, _ sizeLimit: Int) throws(Diagnostic) -> FleetFile {
        guard content.bytes.count <= sizeLimit else { throw FleetFile.tooLarge(sizeLimit) }
        guard content.isStable else { throw FleetFile.changing }
        return try FleetFile(parsing: content.bytes)
    }
}

/// The same time on the sidecar's clock and on CLOCK_BOOTTIME, which the fleet's files have.
struct FleetTimes {
    var now: ContinuousClock.Instant
    var boot: MonotonicInstant

    /// When on the sidecar's clock a time of the other one is.
    func instant(of time: MonotonicInstant) -> ContinuousClock.Instant { now + boot.duration(to: time) }
}
