/// A connection, as the kernel has it: bytes on their way, and who has closed his end.
final class Wire {
    private(set) var toSidecar: [UInt8] = []
    private(set) var toClient: [UInt8] = []
    /// How much may lie on the way to the client.
    var capacity = 4_096
    var isClosedByClient = false
    var isClosedBySidecar = false
    /// Whether it was cut: what lay on it is lost.
    private(set) var isBroken = false

    func ask(_ bytes: [UInt8]) {
        if !isClosedBySidecar, !isBroken { toSidecar += bytes }
    }

    /// Takes what the kernel has room for, and says how much that was.
    func answer(_ bytes: some Collection<UInt8>) -> Int {
        guard !isClosedByClient, !isBroken else { return bytes.count }
        let count = min(bytes.count, max(0, capacity - toClient.count))
        toClient += bytes.prefix(count)
        return count
    }

    func receiveAtSidecar(_ count: Int) -> [UInt8] {
        let taken = Array(toSidecar.prefix(count))
        toSidecar.removeFirst(taken.count)
        return taken
    }

    func receiveAtClient(_ count: Int) -> [UInt8] {
        let taken = Array(toClient.prefix(count))
        toClient.removeFirst(taken.count)
        return taken
    }

    func cut() {
        isBroken = true
        toSidecar = []
        toClient = []
    }
}
