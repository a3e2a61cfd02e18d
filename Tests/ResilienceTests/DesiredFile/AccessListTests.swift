import Foundation
import Testing

@testable import Resilience

@Suite struct AccessListTests {
    /// A list as the kernel writes it.
    private func list(
        user: UInt16, group: UInt16, mask: UInt16, others: UInt16, namedGroup: UInt16? = nil
    ) -> AccessList {
        let named = namedGroup.map { [(UInt16(8), $0)] } ?? []
        let entries: [(UInt16, UInt16)] = [(1, 6), (2, user), (4, group)] + named + [(16, mask), (32, others)]
        return AccessList([2, 0, 0, 0] + entries.flatMap { [UInt8($0), 0, UInt8($1), 0, 9, 0, 0, 0] })
    }

    @Test func `without its list a file gives the group no more than the list did`() {
        // The mode's group bits are the mask.
        #expect(list(user: 6, group: 4, mask: 6, others: 4).narrowed(0o664) == 0o644)
        #expect(list(user: 6, group: 0, mask: 6, others: 0).narrowed(0o660) == 0o600)
        #expect(list(user: 6, group: 6, mask: 6, others: 4).narrowed(0o664) == 0o664)
        #expect(list(user: 6, group: 6, mask: 4, others: 4).narrowed(0o644) == 0o644)
    }

    @Test func `who was named and might not write does not as one of the group or of the others`() {
        #expect(list(user: 4, group: 6, mask: 6, others: 4).narrowed(0o664) == 0o644)
        #expect(list(user: 6, group: 6, mask: 6, others: 6, namedGroup: 0).narrowed(0o666) == 0o644)
    }

    @Test func `another group may do no more than the others`() {
        let changed = list(user: 6, group: 6, mask: 6, others: 4).forAnotherGroup()
        #expect(changed.bytes == list(user: 6, group: 4, mask: 6, others: 4).bytes)
    }

    @Test(arguments: [[], [2, 0, 0, 0], [2, 0, 0, 0, 4, 0, 6]] as [[UInt8]])
    func `what is no list gives the group nothing`(bytes: [UInt8]) {
        #expect(AccessList(bytes).narrowed(0o664) == 0o604)
    }
}
