/// The file by which a fleet restrains this host: one array, in it a header and behind that objects as in a stop file.
///
///     [{"Fleet":"prod","Epoch":"5e…","Revision":"4711","VerifiedAt":"86400000000000","Boot":"0f…"},
///      {"Name":"Satellite*","Status":"stop","Reason":"INC-4711","By":"ada","At":"2026-11-27T08:00:00Z"}]
///
/// A program writes it, so whatever is not as it should be makes it malformed as a whole: there is no author to warn,
/// and a stop that cannot be read is a stop. An array that is cut off is malformed too.
package struct FleetFile: Sendable {
    package let header: FleetHeader
    /// What the fleet restrains, and what it does not; where several have the same name, the most restrictive.
    package let entries: EntryTable

    /// Reads the bytes of a file, in one pass.
    package init(parsing bytes: [UInt8]) throws(Diagnostic) {
        guard bytes.count <= StopFile.addressableBytes else { throw FleetFile.tooLarge(StopFile.addressableBytes) }
        var parser = StopFileParser(headerKeys: Key.allCases.map(\.rawValue))
        parser.parse(bytes.span)
        if let fault = parser.fault ?? parser.notes.first { throw Diagnostic(fault, in: bytes) }
        do throws(StopFileParser.Fault) {
            header = try FleetHeader(parser.header)
        } catch {
            throw Diagnostic(error, in: bytes)
        }
        entries =
            EntryTable.make(parser.unescaped.isEmpty ? bytes : bytes + parser.unescaped, parser.takeRecords()).table
    }

    /// What is wrong with a file that is larger than is read.
    package static func tooLarge(_ limit: Int) -> Diagnostic {
        Diagnostic(
            severity: .error, line: 1, column: 1,
            message: "the fleet file is larger than \(limit) bytes, the most that is read"
        )
    }

    /// What is wrong with a file that somebody writes in its place.
    package static let changing = Diagnostic(
        severity: .error, line: 1, column: 1,
        message: "the fleet file changes while it is read, expected one that is replaced by renaming"
    )

    /// The keys of the header, in the order in which they are written.
    fileprivate enum Key: String, CaseIterable {
        case fleet = "Fleet"
        case epoch = "Epoch"
        case revision = "Revision"
        case verifiedAt = "VerifiedAt"
        case boot = "Boot"
    }
}

// MARK: - Writing

extension FleetFile {
    /// The text of a file, an object on each line. Whoever writes it puts it in its place by renaming.
    package static func text(_ header: FleetHeader, _ entries: some Sequence<Entry>) -> [UInt8] {
        var text = [UInt8(ascii: "[")]
        text += object([
            (Key.fleet.rawValue, header.fleet), (Key.epoch.rawValue, header.epoch),
            (Key.revision.rawValue, "\(header.revision)"),
            (Key.verifiedAt.rawValue, "\(header.verifiedAt.nanoseconds)"), (Key.boot.rawValue, header.boot),
        ])
        for entry in entries {
            text += ",\n".utf8
            text += object([
                ("Name", entry.name.text), ("Status", entry.status.rawValue), ("Reason", entry.reason),
                ("By", entry.by), ("At", entry.at),
            ])
        }
        text += "]\n".utf8
        return text
    }

    /// An object of texts, those left out that there are not.
    static func object(_ members: [(key: String, value: String?)]) -> [UInt8] {
        var text: [UInt8] = []
        for case (let key, let value?) in members {
            text.append(text.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            text += JSONText.string(key) + [UInt8(ascii: ":")] + JSONText.string(value)
        }
        return text + [UInt8(ascii: "}")]
    }
}

// MARK: - Reading

extension FleetHeader {
    fileprivate init(_ members: [StopFileParser.Member]) throws(StopFileParser.Fault) {
        self.init(
            fleet: try members[FleetFile.Key.fleet.rawValue].label(),
            epoch: try members[FleetFile.Key.epoch.rawValue].label(),
            revision: try members[FleetFile.Key.revision.rawValue].number(),
            verifiedAt: MonotonicInstant(nanoseconds: try members[FleetFile.Key.verifiedAt.rawValue].number()),
            boot: try members[FleetFile.Key.boot.rawValue].label()
        )
    }
}
