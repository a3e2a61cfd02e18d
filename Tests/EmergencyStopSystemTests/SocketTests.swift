import EmergencyStopSystem
import Glibc
import TestSupport
import Testing

@Suite struct `The address of a socket` {
    @Test func `holds a path of up to 107 bytes, and nothing else`() throws {
        #expect(SocketAddress(path: "") == nil)
        #expect(SocketAddress(path: "a\0b") == nil)
        #expect(SocketAddress(path: String(repeating: "a", count: 108)) == nil)
        #expect(SocketAddress(path: String(repeating: "ä", count: 54)) == nil)
        #expect(SocketAddress(path: String(repeating: "a", count: 107)) != nil)
        #expect(SocketAddress(abstract: String(repeating: "a", count: 107)) == nil)
        #expect(SocketAddress(abstract: String(repeating: "a", count: 106)) != nil)
    }

    @Test func `of either kind is one that can be bound and connected to`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "s")
            let name = "estop-test-\(UInt64.random(in: 0...(.max)))"
            for (address, bound) in [(SocketAddress(path: path), path), (SocketAddress(abstract: name), nil)] {
                let address = try #require(address)
                let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(listening) }
                #expect(SocketAddress.path(of: listening) == nil)
                #expect(address.withPointer { bind(listening, $0, $1) } == 0)
                #expect(listen(listening, 1) == 0)
                #expect(SocketAddress.path(of: listening) == bound)
                let connected = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(connected) }
                #expect(address.withPointer { connect(connected, $0, $1) } == 0)
                let peer = try #require(PeerCredentials(of: connected))
                #expect(peer.processID == getpid())
                #expect(peer.userID == geteuid())
                #expect(peer.isMember(of: getegid(), at: connected))
                #expect(!peer.isMember(of: 4_000_000_000, at: connected))
            }
            #expect(PeerCredentials(of: -1) == nil)
        }
    }
}

@Suite struct `What the system knows by name` {
    @Test func `users and groups`() {
        #expect(Accounts.name(ofUser: 0) == "root")
        #expect(Accounts.name(ofUser: 4_000_000_000) == nil)
        #expect(Accounts.groupID(named: "root") == 0)
        #expect(Accounts.groupID(named: "no group has this name") == nil)
    }

    @Test func `what is in a directory`() throws {
        try withTemporaryFolder { folder in
            try folder.makeDirectory("d")
            #expect(Directory.names(in: folder.path(of: "d")) == [])
            try folder.write("", to: "d/ä")
            try folder.write("", to: "d/.b")
            #expect(Directory.names(in: folder.path(of: "d")).map(Set.init) == ["ä", ".b"])
            #expect(Directory.names(in: folder.path(of: "nowhere")) == nil)
        }
    }
}
