internal import CMessageDigest
internal import EmergencyStopCore

/// Makes entries of what was read, once for each content: the read that settles finds what the one before showed.
struct StopFileInterpreter {
    private struct Parsed {
        var fingerprint: ContentFingerprint
        var file: StopFile
    }

    private let sizeLimit: Int
    private var shown: Parsed?
    private var settled: Parsed?
    private var provenance: Provenance?

    init(sizeLimit: Int) {
        self.sizeLimit = sizeLimit
    }

    /// The entries of a content that is not settled. Of a malformed one, those of its complete objects: what they
    /// restrain holds.
    mutating func entries(_ content: FileContent, _ fingerprint: ContentFingerprint) -> EntryTable {
        let parsed = parse(content, fingerprint)
        shown = parsed
        return parsed.file.entries
    }

    /// What a settled content is to be taken for.
    mutating func state(_ content: FileContent, _ fingerprint: ContentFingerprint) -> SettledState {
        let parsed = parse(content, fingerprint)
        settled = parsed
        shown = nil
        provenance = Provenance(
            owner: content.owner,
            device: content.identity.device,
            inode: content.identity.inode,
            size: UInt64(content.bytes.count),
            sha256: Self.sha256(content.bytes)
        )
        if let malformation = malformation(of: parsed.file, size: content.bytes.count) {
            return SettledState(condition: .malformed(malformation), provenance: provenance)
        }
        return SettledState(
            condition: .readable, entries: parsed.file.entries, warnings: parsed.file.warnings, provenance: provenance
        )
    }

    /// What a settled absence is to be taken for.
    mutating func state(_ absence: Absence) -> SettledState {
        shown = nil
        settled = nil
        provenance = nil
        return switch absence {
        case .missing: SettledState(condition: .missing)
        case .unreadable(let reason): SettledState(condition: .unreadable(reason))
        }
    }

    /// Which file holds what has settled, now that it was found again there.
    mutating func provenance(of content: FileContent) -> Provenance? {
        provenance?.owner = content.owner
        provenance?.device = content.identity.device
        provenance?.inode = content.identity.inode
        return provenance
    }

    private func parse(_ content: FileContent, _ fingerprint: ContentFingerprint) -> Parsed {
        for known in [shown, settled] {
            if let known, known.fingerprint == fingerprint { return known }
        }
        return Parsed(fingerprint: fingerprint, file: StopFile(parsing: content.bytes))
    }

    private func malformation(of file: StopFile, size: Int) -> Diagnostic? {
        size > sizeLimit ? StopFile(largerThan: sizeLimit).malformation : file.malformation
    }

    private static func sha256(_ bytes: [UInt8]) -> String {
        let length = Int(SHA256_DIGEST_LENGTH) * 2
        // One more for the terminator.
        let digest = [CChar](unsafeUninitializedCapacity: length + 1) { buffer, count in
            bytes.withUnsafeBufferPointer { bytes in
                _ = SHA256Data(bytes.baseAddress, bytes.count, buffer.baseAddress)
            }
            count = length
        }
        return String(decoding: digest.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
