/// Who owns a file, by number.
public struct FileOwner: Sendable, Hashable {
    /// The user's id.
    public var user: UInt32
    /// The group's id.
    public var group: UInt32

    /// Names an owner.
    public init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}
