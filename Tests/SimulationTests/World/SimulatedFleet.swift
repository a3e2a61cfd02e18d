import EmergencyStopCore
import TestSupport

@testable import EmergencyStopSidecar

/// The fleet as it looks from a sidecar: a file that is replaced, and verified again and again while the engine answers.
struct SimulatedFleet {
    /// What a read of the file found, for the oracle.
    struct Finding {
        /// What the fleet leaves to each name: 0 for stop, 1 for pause, 2 for go.
        var allowed: [Int]
        /// Until when.
        var until: Int64
    }

    static let lease = Int64(10_000_000_000)
    static let boot = "0f2c5a1e8d3b4c6f9a7e112233445566"
    private static let beat = Int64(2_000_000_000)
    private static let words = ["go", "pause", "stop"]

    /// Whether the engine does not answer, so that nothing is verified.
    var isSilent = false
    private(set) var hints: [ChangeHint] = []
    private var entries: [(name: String, word: String)] = []
    private var verifiedAt = Int64(0)
    private var trouble: Trouble?

    private enum Trouble: Int {
        case missing, cutOff, headless, otherBoot, inTheFuture
    }

    /// Has other stops from now on. Most fleets have none, most of the time.
    mutating func replace(_ number: Int, at boot: Int64) {
        var random = SeededGenerator(seed: UInt64(number))
        entries = []
        if random.next() % 3 == 0 {
            for name in FileText.names + ["*", "A*"] where random.next() % 3 == 0 {
                entries.append((name, Self.words[Int(random.next() % 3)]))
            }
        }
        write(at: boot)
    }

    /// Something is wrong with the file, until it is written anew.
    mutating func spoil(_ number: Int) {
        trouble = Trouble(rawValue: number % 5)
        hints.append(.replaced)
    }

    /// Time has passed: the engine is asked at intervals, and what it said is written.
    mutating func pass(at boot: Int64) {
        if !isSilent, boot - verifiedAt >= Self.beat { write(at: boot) }
    }

    mutating func write(at boot: Int64) {
        trouble = nil
        verifiedAt = boot
        hints.append(.replaced)
    }

    mutating func takeHints() -> [ChangeHint] {
        defer { hints = [] }
        return hints
    }

    /// What a reader finds.
    var found: FileRead {
        if trouble == .missing { return .absent(.missing) }
        let verified = trouble == .inTheFuture ? verifiedAt + (1 << 50) : verifiedAt
        let boot = trouble == .otherBoot ? String(Self.boot.reversed()) : Self.boot
        let header =
            #"{"Fleet":"f","Epoch":"e","Revision":"1","VerifiedAt":"\#(verified)","Boot":"\#(boot)"}"#
        let lines = entries.map { #"{"Name":"\#($0.name)","Status":"\#($0.word)"}"# }
        let objects = (trouble == .headless ? [] : [header]) + lines
        let text = "[" + objects.joined(separator: ",") + (trouble == .cutOff ? "" : "]")
        return .file(
            FileContent(
                bytes: Array(text.utf8), identity: FileIdentity(device: 2, inode: 1), owner: 0, isStable: true))
    }

    /// What that means, by rules of its own.
    func finding(at boot: Int64) -> Finding {
        guard trouble == nil, boot < verifiedAt + Self.lease else { return Finding(allowed: [0, 0, 0], until: .max) }
        let allowed = FileText.names.map { name in
            entries.filter { entry in
                entry.name == name
                    || entry.name.last == "*" && name.hasPrefix(String(entry.name.dropLast()))
            }
            .map { ["stop", "pause", "go"].firstIndex(of: $0.word) ?? 0 }.min() ?? 2
        }
        return Finding(allowed: allowed, until: verifiedAt + Self.lease)
    }
}
