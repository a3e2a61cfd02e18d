/// The promises of section 2 of the design, in an account of its own: what reads found, and what everyone was told since.
/// It asks nothing of the code that it judges.
struct Oracle {
    /// Something that two reads have found, far enough apart, with nothing else between.
    private struct Proof {
        var life: UInt64
        var allowed: [Int]
        var provedAt: Int64
        /// The start of the last read that found it, on both clocks.
        var found: Int64
        var foundMonotonic: Int64
    }

    /// The least time between two reads that believe what they found.
    private static let least = Int64(100_000_000)
    /// The same while a writer has the file open, as far as inotify told of him.
    private static let leastWhileWritten = Int64(5_000_000_000)
    static let fileLease = Int64(20_000_000_000)
    static let clientLease = Int64(10_000_000_000)

    private var proofs: [Proof] = []
    private var streak: (bytes: [UInt8]?, firstEnd: Int64, writer: Int?)?
    private var life = UInt64(0)
    /// By name and status: the end of the last read that restrained the name to less, and has reached the loop.
    private var restrained = [[Int64]](repeating: [-(1 << 60), -(1 << 60), -(1 << 60)], count: 3)
    /// What was read and has not reached the loop.
    private var unheard: [(end: Int64, restraint: [Int])] = []
    /// The start of the last read that has reached the loop.
    private var heardRead: Int64?
    private var unheardRead: Int64?

    /// What of the fleet has reached the loop, and what has not; `nil` for a host of none.
    private var fleet: (heard: SimulatedFleet.Finding?, unheard: [SimulatedFleet.Finding])?

    mutating func begin(life: UInt64, inFleet: Bool) {
        self.life = life
        fleet = inFleet ? (nil, []) : nil
        streak = nil
        restrained = [[Int64]](repeating: [-(1 << 60), -(1 << 60), -(1 << 60)], count: 3)
        unheard = []
        heardRead = nil
        unheardRead = nil
    }

    /// The fleet file was read.
    mutating func note(_ found: SimulatedFleet.Finding) { fleet?.unheard.append(found) }

    /// A read has ended.
    mutating func note(
        _ found: SimulatedSidecar.Finding, hasFailed: Bool, writer: Int?, monotonicStart: Int64
    ) {
        if hasFailed { return }
        unheardRead = found.start
        let verdict = found.bytes.map(FileText.verdict) ?? .nothing
        unheard.append((found.end, verdict.restraint))
        guard found.isWhole else {
            streak = nil
            return
        }
        guard let known = streak, known.bytes == found.bytes else {
            streak = (found.bytes, found.end, writer)
            return verify(found, verdict, monotonicStart)
        }
        // What stood there before a writer began is whole, even where he writes the same over it.
        let least = writer != nil && known.writer == writer ? Self.leastWhileWritten : Self.least
        guard found.start - known.firstEnd >= least else { return verify(found, verdict, monotonicStart) }
        proofs.append(
            Proof(
                life: life, allowed: verdict.allowed, provedAt: found.start, found: found.start,
                foundMonotonic: monotonicStart
            )
        )
        proofs.removeAll { monotonicStart - $0.foundMonotonic > 2 * Self.fileLease }
        if proofs.count > 8 { proofs.removeFirst(merge()) }
    }

    /// What has settled before is verified by a read that finds it, without another.
    private mutating func verify(_ found: SimulatedSidecar.Finding, _ verdict: FileText.Verdict, _ monotonic: Int64) {
        guard let last = proofs.lastIndex(where: { $0.life == life && $0.allowed == verdict.allowed }) else { return }
        proofs[last].found = found.start
        proofs[last].foundMonotonic = monotonic
    }

    /// Of proofs of the same, in a row, the last says all that the ones before it do.
    private mutating func merge() -> Int {
        for index in proofs.indices.dropLast().reversed() {
            let (one, next) = (proofs[index], proofs[index + 1])
            if one.allowed == next.allowed, one.life == next.life { proofs.remove(at: index) }
        }
        return 0
    }

    /// What was read has reached the loop; gives the names that some read showed to be stopped.
    mutating func hear() -> [Int] {
        var stopped: Set<Int> = []
        for (end, restraint) in unheard {
            for (name, level) in restraint.enumerated() {
                for status in 0...2 where level < status { restrained[name][status] = end }
                if level == 0 { stopped.insert(name) }
            }
        }
        unheard = []
        heardRead = unheardRead ?? heardRead
        if let unheard = fleet?.unheard, let last = unheard.last {
            for found in unheard {
                for (name, level) in found.allowed.enumerated() where level == 0 { stopped.insert(name) }
            }
            fleet = (last, [])
        }
        return stopped.sorted()
    }

    /// Whether the loop can have heard of nothing that the sidecar's leases still cover.
    func hasLapsed(at boot: Int64) -> Bool {
        if let found = fleet?.heard, boot >= found.until { return true }
        return heardRead.map { boot - $0 >= Self.fileLease } ?? false
    }

    /// Whether the fleet leaves that much to a name.
    private func isLeft(_ level: Int, _ name: Int, at boot: Int64) -> Bool {
        guard let fleet else { return true }
        return fleet.heard.map { $0.allowed[name] >= level && boot < $0.until } ?? false
    }

    /// Whether the sidecar may say so.
    func allows(sidecar level: Int, _ name: Int, at boot: Int64) -> Bool {
        level == 0
            || isLeft(level, name, at: boot)
                && proofs.contains {
                    $0.life == life && $0.allowed[name] >= level && $0.provedAt >= restrained[name][level]
                        && boot - $0.found < Self.fileLease
                }
    }

    /// Whether a client may believe so.
    func allows(client level: Int, _ name: Int, at now: Int64) -> Bool {
        level == 0 || proofs.contains { $0.allowed[name] >= level && now - $0.foundMonotonic < Self.fileLease }
    }
}
