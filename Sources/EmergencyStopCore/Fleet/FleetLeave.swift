/// That this host has left its fleet for a while, as root has decided on the host itself: the break-glass file beside
/// the fleet file.
///
/// While it holds, the fleet is not asked, and the host's own file alone rules. It lets hosts go on without the engine,
/// so whatever is doubtful about it means that it does not hold.
package struct FleetLeave: Sendable, Hashable {
    /// When it ends, on CLOCK_BOOTTIME.
    package var until: MonotonicInstant
    /// The boot of the machine on whose clock that is.
    package var boot: String
    package var reason: String
    package var by: String

    package init(until: MonotonicInstant, boot: String, reason: String, by: String) {
        self.until = until
        self.boot = boot
        self.reason = reason
        self.by = by
    }

    /// The file's path, beside the fleet file's.
    package static func path(beside fleetFile: String) -> String {
        guard let slash = fleetFile.lastIndex(of: "/") else { return fileName }
        return fleetFile[...slash] + fileName
    }

    private static let fileName = "leave.json"
    /// The most bytes that are read of it: far more than two texts of 255 bytes need, escaped as they may be.
    package static let sizeLimit = 8192
    /// The longest that a host may be without its fleet at a time: who needs longer should say so again.
    package static let longest = Duration.seconds(7 * 24 * 3600)

    private enum Key: String, CaseIterable {
        case until = "Until"
        case boot = "Boot"
        case reason = "Reason"
        case by = "By"
    }

    /// Reads the bytes of a file: one object, all its values strings.
    package init(parsing bytes: [UInt8]) throws(Diagnostic) {
        var parser = StopFileParser()
        do throws(StopFileParser.Fault) {
            let members = try parser.parseTexts(only: bytes.span, keys: Key.allCases.map(\.rawValue))
            self.init(
                until: MonotonicInstant(nanoseconds: try members[Key.until.rawValue].number()),
                boot: try members[Key.boot.rawValue].label(), reason: try members[Key.reason.rawValue].label(),
                by: try members[Key.by.rawValue].label()
            )
        } catch {
            throw Diagnostic(error, in: bytes)
        }
    }

    package var text: [UInt8] {
        FleetFile.object([
            (Key.until.rawValue, "\(until.nanoseconds)"), (Key.boot.rawValue, boot), (Key.reason.rawValue, reason),
            (Key.by.rawValue, by),
        ]) + [UInt8(ascii: "\n")]
    }

    /// Whether it holds at this time of CLOCK_BOOTTIME, in this boot. One that is longer than any that may be given was
    /// not made by us.
    package func holds(boot: String, at now: MonotonicInstant) -> Bool {
        BootName.isSame(self.boot, boot) && now < until && until <= now.advanced(by: Self.longest)
    }
}
