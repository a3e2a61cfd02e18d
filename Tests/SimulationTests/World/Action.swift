import TestSupport

/// One step of a simulation, with all that chance decides in it.
///
/// What it means depends on how things stand when its turn comes, and where it means nothing it does nothing: so a story
/// is still one when steps are taken out of it, and one that fails can be shrunk.
struct Action: Sendable, CustomStringConvertible {
    enum Kind: String, CaseIterable, Sendable {
        // The stop file and who writes it.
        case replace, replaceBySame, replaceByMalformed, truncate, overwrite, writeMore, finishWriting, closeTorn,
            append
        case delete, toggleReadable, touch, neighbour, overflow, toggleSilence
        // The fleet.
        case writeFleet, spoilFleet, silenceFleet
        // Time.
        case passMoment, passTime, passLong, suspend, stepWallClock
        // The sidecar.
        case read, readSlowly, failReads, hangReader, lagListener, takeNews, serve, keepTime
        case freezeSidecar, thawSidecar, restartSidecar
        // What lies between.
        case connect, refuse, deliver, breakConnection, narrowBuffer
        // Clients and watchers.
        case wake, readStatus, readStream, watch, forget, freezeClient, thawClient, killClient
        case startRun, endRun, hearWatcher, reconnectWatcher
        // All of them.
        case calm, missStop, peace

        /// How often it comes, beside the others.
        var weight: Int {
            switch self {
            case .replace: 80
            case .replaceBySame, .replaceByMalformed, .delete, .neighbour, .touch: 15
            case .truncate: 30
            case .overwrite, .append: 20
            case .writeMore: 80
            case .finishWriting: 50
            case .closeTorn, .toggleReadable, .overflow, .toggleSilence: 6
            case .writeFleet: 25
            case .spoilFleet, .silenceFleet: 3
            case .passMoment: 260
            case .passTime: 50
            case .passLong: 8
            case .suspend: 3
            case .stepWallClock: 5
            case .read: 250
            case .readSlowly, .lagListener: 20
            case .failReads, .hangReader: 5
            case .takeNews: 120
            case .serve: 280
            case .keepTime: 40
            case .freezeSidecar, .freezeClient: 8
            case .thawSidecar, .thawClient: 25
            case .restartSidecar: 6
            case .connect: 70
            case .refuse: 8
            case .deliver: 280
            case .breakConnection: 12
            case .narrowBuffer: 20
            case .wake: 80
            case .readStatus, .readStream: 40
            case .watch: 30
            case .forget: 8
            case .killClient: 5
            case .startRun: 50
            case .endRun: 25
            case .hearWatcher: 60
            case .reconnectWatcher: 4
            case .calm: 60
            case .missStop: 10
            case .peace: 3
            }
        }
    }

    var kind: Kind
    /// Chance: which, and how much.
    var which: Int
    var amount: Int

    private static let deck = Kind.allCases.flatMap { Array(repeating: $0, count: $0.weight) }

    static func random(using random: inout SeededGenerator) -> Action {
        // Three draws for each, whatever it is, so that a story's steps are the same however many are asked for.
        let drawn = random.next() % UInt64(deck.count)
        return Action(
            kind: deck[Int(drawn)], which: Int(random.next() & 0xFFFF_FFFF), amount: Int(random.next() & 0xFFFF_FFFF)
        )
    }

    /// A story of so many steps.
    static func story(_ seed: UInt64, _ steps: Int) -> [Action] {
        var random = SeededGenerator(seed: seed)
        return (0..<steps).map { _ in .random(using: &random) }
    }

    var description: String { "\(kind)(\(which), \(amount))" }
}
