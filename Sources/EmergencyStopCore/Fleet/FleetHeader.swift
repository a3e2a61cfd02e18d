/// What stands before the entries of a fleet file: whose they are, and since when they are known to be so.
package struct FleetHeader: Sendable, Hashable {
    /// The fleet's name.
    package var fleet: String
    /// Which life of the fleet's engine this comes from: another after it was wiped or restored.
    package var epoch: String
    /// The engine's revision, which only grows.
    package var revision: Int64
    /// When, on CLOCK_BOOTTIME, what follows is known to have been so: when the question was sent that was answered by it.
    package var verifiedAt: MonotonicInstant
    /// The boot of the machine on whose clock that is, as in `/proc/sys/kernel/random/boot_id`.
    package var boot: String

    package init(fleet: String, epoch: String, revision: Int64, verifiedAt: MonotonicInstant, boot: String) {
        self.fleet = fleet
        self.epoch = epoch
        self.revision = revision
        self.verifiedAt = verifiedAt
        self.boot = boot
    }
}

/// Whether what a fleet file says may be believed.
package enum FleetStanding: Sendable, Hashable {
    /// Up to this instant of CLOCK_BOOTTIME, and not at it.
    case live(until: MonotonicInstant)
    case stale(Staleness)

    /// Why a file is not believed.
    package enum Staleness: String, Sendable, CaseIterable {
        /// It was written before the machine was started: its times are of another clock.
        case otherBoot = "verified in another boot of this host"
        /// Its time is not on our clock, whatever it is on.
        case inTheFuture = "verified in the future"
        case tooOld = "not verified within the fleet's lease"
        /// Nobody has looked yet.
        case unread = "the fleet file has not been read yet"
    }
}

extension FleetHeader {
    /// Judges the file.
    ///
    /// - Parameters:
    ///   - boot: This boot of the machine; where it is not known, nothing is believed.
    ///   - now: The time on CLOCK_BOOTTIME, which goes on while the machine sleeps and which nobody can set.
    ///   - lease: How long what was verified may be believed.
    package func standing(boot: String, now: MonotonicInstant, lease: Duration) -> FleetStanding {
        guard BootName.isSame(self.boot, boot) else { return .stale(.otherBoot) }
        guard verifiedAt <= now else { return .stale(.inTheFuture) }
        let end = verifiedAt.advanced(by: lease)
        return now < end ? .live(until: end) : .stale(.tooOld)
    }
}

/// The name of a boot: 32 hexadecimal digits, which the kernel writes with hyphens and systemd without.
package enum BootName {
    /// Whether both are names of boots, and of the same.
    package static func isSame(_ one: String, _ other: String) -> Bool {
        guard let one = digits(one), let other = digits(other) else { return false }
        return one == other
    }

    private static func digits(_ text: String) -> [UInt8]? {
        var digits: [UInt8] = []
        for byte in text.utf8.prefix(64) where byte != UInt8(ascii: "-") {
            guard let value = HexDigit.value(byte) else { return nil }
            digits.append(value)
        }
        return digits.count == 32 ? digits : nil
    }
}
