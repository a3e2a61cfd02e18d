/// The patterns that restrain something, sorted so that those which match a name are found without trying each.
///
/// In the byte order of their prefixes, every prefix of a name lies on one chain: the last prefix that is not greater
/// than the name, the longest prefix of that one, and so on. Which pattern of such a chain restrains most is worked
/// out once, when the index is built.
package struct PatternIndex: Sendable {
    private struct Node: Sendable {
        var prefix: [UInt8]
        var status: WorkflowStatus
        var evidence: Resolution.Evidence
        /// The node with the longest prefix of this one's prefix.
        var parent: Int?
        /// The node that gives the status of names that match this one and no longer one.
        var restraining: Int
    }

    private let nodes: [Node]

    package var isEmpty: Bool { nodes.isEmpty }

    /// Indexes the patterns of both tables that are not `go`: those restrain nothing.
    package init(settled: EntryTable, restraints: EntryTable) {
        var found: [Node] = []
        for (table, evidence) in [
            (settled, Resolution.Evidence.settled), (restraints, Resolution.Evidence.restraint),
        ] {
            for position in table.patternPositions where table.status(at: position) != .go {
                let name = Array(table.name(at: position).text.utf8)
                found.append(
                    Node(
                        prefix: name.dropLast(), status: table.status(at: position),
                        evidence: evidence(position), parent: nil, restraining: 0
                    )
                )
            }
        }
        // Where both tables have a pattern, the more restrictive is kept, on a tie the settled one, which came first.
        let order = found.indices.sorted { left, right in
            if found[left].prefix != found[right].prefix {
                return found[left].prefix.lexicographicallyPrecedes(found[right].prefix)
            }
            return (found[left].status, left) < (found[right].status, right)
        }
        var nodes: [Node] = []
        var chain: [Int] = []
        for index in order where nodes.last?.prefix != found[index].prefix {
            var node = found[index]
            while let last = chain.last, !node.prefix.starts(with: nodes[last].prefix) { chain.removeLast() }
            node.parent = chain.last
            node.restraining = nodes.count
            if let parent = node.parent, nodes[nodes[parent].restraining].status < node.status {
                node.restraining = nodes[parent].restraining
            }
            chain.append(nodes.count)
            nodes.append(node)
        }
        self.nodes = nodes
    }

    /// The status that the patterns leave to the name, and the pattern that gives it: of those that tie, the longest.
    package func restraint(on name: Span<UInt8>) -> (status: WorkflowStatus, evidence: Resolution.Evidence)? {
        guard !nodes.isEmpty else { return nil }
        var low = 0
        var high = nodes.count
        while low < high {
            let middle = (low + high) / 2
            if precedes(name, nodes[middle].prefix) { high = middle } else { low = middle + 1 }
        }
        var candidate = low > 0 ? low - 1 : nil
        while let index = candidate {
            if begins(name, with: nodes[index].prefix) {
                let node = nodes[nodes[index].restraining]
                return (node.status, node.evidence)
            }
            candidate = nodes[index].parent
        }
        return nil
    }

    private func precedes(_ name: Span<UInt8>, _ prefix: [UInt8]) -> Bool {
        for index in 0..<min(name.count, prefix.count) where name[index] != prefix[index] {
            return name[index] < prefix[index]
        }
        return name.count < prefix.count
    }

    private func begins(_ name: Span<UInt8>, with prefix: [UInt8]) -> Bool {
        guard name.count >= prefix.count else { return false }
        for index in prefix.indices where name[index] != prefix[index] { return false }
        return true
    }
}
