internal import Glibc

/// The contents that a file shall have: applied any number of times, by any number of processes, killed at any moment,
/// the file holds the old contents or the new, whole.
///
/// ```swift
/// let file = DesiredFile(path: "/etc/estop/es.json", contents: Array(text.utf8))
/// switch try file.apply().change {
/// case .unchanged: print("nothing to do")
/// case let change: print(change)
/// }
/// ```
///
/// ``apply(expecting:)`` compares first and writes only what differs: to a temporary file beside the target, which is
/// on the disk before it takes the target's name, as is the directory before the call returns. What a killed run left
/// behind is removed by the next.
///
/// **Links.** A symbolic link is written through and stays a link, as long as it leads to a name in the directory that
/// it is in itself. One that leads anywhere else, a subdirectory included, is refused: whoever may write to the
/// directory could otherwise have a privileged process write anywhere. Links on the way to the directory are followed.
/// A hard link is not written through: the other names keep the old contents.
///
/// **Kept.** Mode, owner, access control list and extended attributes of a file that is replaced. Where one of them cannot
/// be, and need not, nobody gets to write who could not.
///
/// **Concurrency.** A value; processes and threads may apply to one file at a time, and each finds it whole. Who edits
/// rather than dictates the contents says what it expects to replace, and begins anew with what another has written
/// meanwhile. Of those who do so none replaces what it has not seen: they compare and rename under a lock, `NAME.lock`
/// beside the file, which is there for that moment and which nobody can hold who could not replace the file. An editor
/// that knows no lock may still come between the two.
///
/// The calls block for as long as the disk does.
public struct DesiredFile: Sendable {
    /// What to do about an owner, group or mode that this process has no right to set.
    public enum MetadataPolicy: Sendable, Hashable {
        /// Fail, and leave the file as it was.
        case required
        /// Write all the same, and tell by a warning in ``Applied/warnings``.
        case bestEffort
    }

    /// Where the file is; relative to the working directory if it does not start with a slash.
    public let path: String
    /// What it shall hold.
    public let contents: [UInt8]
    /// Its permission bits; nil keeps those it has, and gives a new file 0644.
    public let mode: UInt32?
    /// Its owner and group; nil keeps those it has, and gives a new file those of this process.
    public let owner: FileOwner?
    /// What to do when these are not to be had.
    public let metadataPolicy: MetadataPolicy

    /// How long another may take between its look at the file and its renaming, which are two system calls.
    private static let lockLimit = Duration.seconds(2)
    /// How long who appends to the file in place may hold its own lock, which anybody can who may read it.
    private static let appendingLimit = Duration.milliseconds(100)

    /// Whether ``apply(expecting:)`` takes the lock; not where the caller has it already.
    package var takesLock = true
    /// Whether an access list that cannot be kept may be done without, where the policy does not require all.
    package var narrowsAccess = true

    /// A system call that changes the disk.
    package enum Step: Sendable {
        case removeLitter, createTemporary, lockTemporary, write, setOwner, setAttributes, setMode, synchronize, rename
        case synchronizeDirectory
        /// Nothing is left to do.
        case end
    }

    /// Called before each step, and once after the last: where the tests kill the process.
    package var willStep: @Sendable (Step) -> Void = { _ in }

    /// Describes a file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - contents: What it shall hold.
    ///   - mode: Its permission bits (the lowest twelve), whatever the umask says; nil keeps those it has.
    ///   - owner: Its owner and group; nil keeps those it has.
    ///   - metadataPolicy: What to do when these are not to be had.
    public init(
        path: String,
        contents: some Sequence<UInt8>,
        mode: UInt32? = nil,
        owner: FileOwner? = nil,
        metadataPolicy: MetadataPolicy = .required
    ) {
        self.path = path
        self.contents = Array(contents)
        self.mode = mode.map { $0 & 0o7777 }
        self.owner = owner
        self.metadataPolicy = metadataPolicy
    }

    /// What ``apply(expecting:)`` would do, doing nothing.
    ///
    /// - Throws: ``FileError`` for what can be found out by looking.
    public func plan() throws(FileError) -> Change {
        try decide(try TargetFile(path: path).existing())
    }

    /// Makes the file hold the contents, if it does not already.
    ///
    /// - Parameter expectation: What the file must hold for it to be replaced. A file that holds the desired contents
    ///   already is as it should be, whatever was expected: an edit may be repeated.
    /// - Returns: What was done, on the disk by then.
    /// - Throws: ``FileError``. The file then is as it was, unless its code is ``FileError/Code/notDurable``.
    @discardableResult
    public func apply(expecting expectation: Expectation = .anything) throws(FileError) -> Applied {
        let target = try TargetFile(path: path)
        target.removeLitter(willStep)
        let existing = try target.existing()
        let change = try decide(existing)
        let isWritten = change == .created || change == .replaced
        if isWritten, try !expectation.isMet(by: existing) { throw FileError(.contentsChanged, path) }
        let done = try self.change(change, from: existing, target, expectation)
        try makeDurable(isWritten ? nil : existing, target)
        willStep(.end)
        return Applied(change: change, warnings: done.warnings, replacedAt: done.replacedAt)
    }

    private func decide(_ existing: ExistingFile?) throws(FileError) -> Change {
        guard let existing else { return .created }
        guard try existing.holds(contents) else { return .replaced }
        return existing.metadata == existing.metadata.with(mode: mode, owner: owner) ? .unchanged : .metadataChanged
    }

    private func change(
        _ change: Change, from existing: ExistingFile?, _ target: borrowing TargetFile, _ expectation: Expectation
    ) throws(FileError) -> (warnings: [Applied.Warning], replacedAt: ContinuousClock.Instant?) {
        switch (change, existing) {
        case (.unchanged, _):
            return ([], nil)
        case (.metadataChanged, let existing?):
            let desired = existing.metadata.with(mode: mode, owner: owner)
            let warnings = try target.set(
                desired, on: existing.file, current: existing.metadata, metadataPolicy, willStep)
            return (warnings, nil)
        default:
            return try replace(existing?.metadata, target, expectation)
        }
    }

    private func replace(
        _ existing: FileMetadata?, _ target: borrowing TargetFile, _ expectation: Expectation
    ) throws(FileError) -> (warnings: [Applied.Warning], replacedAt: ContinuousClock.Instant?) {
        let temporary = try TemporaryFile(beside: target, willStep)
        do throws(FileError) {
            try temporary.write(contents, willStep)
            let own = try temporary.metadata()
            let desired = (existing ?? own.with(mode: 0o644, owner: nil)).with(mode: mode, owner: owner)
            let warnings = try target.set(
                desired, on: temporary.file, current: own, metadataPolicy, narrows: narrowsAccess, willStep)
            try temporary.synchronize(willStep)
            // A disk may have taken seconds until here.
            let lock =
                expectation == .anything || !takesLock
                ? nil : ReplacementLock(of: path, patience: Self.lockLimit, until: .now + Self.lockLimit)
            let replaced = expectation == .anything ? nil : try target.lockedExisting(within: Self.appendingLimit)
            guard try expectation.isMet(by: replaced) else { throw FileError(.contentsChanged, path) }
            let replacedAt = ContinuousClock.now
            try temporary.takeName(willStep)
            withExtendedLifetime((lock, replaced)) {}
            return (warnings, replacedAt)
        } catch {
            temporary.remove()
            throw error
        }
    }

    /// The new name, and what was found as it should be: that may be the work of another, killed before it saw to it.
    private func makeDurable(_ existing: ExistingFile?, _ target: borrowing TargetFile) throws(FileError) {
        do throws(FailedCall) {
            if let existing {
                willStep(.synchronize)
                try existing.file.synchronize()
            }
            willStep(.synchronizeDirectory)
            try target.directory.synchronize()
        } catch {
            throw FileError(.notDurable, path, error)
        }
    }
}
