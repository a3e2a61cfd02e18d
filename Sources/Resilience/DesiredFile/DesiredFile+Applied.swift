extension DesiredFile {
    /// What ``DesiredFile/apply(expecting:)`` did.
    public struct Applied: Sendable, Hashable {
        /// What was done.
        public let change: Change
        /// What could not be kept or set; empty unless the policy is ``DesiredFile/MetadataPolicy/bestEffort``.
        public let warnings: [Warning]
        /// When the new contents took the file's name; `nil` where they were there already.
        package let replacedAt: ContinuousClock.Instant?

        /// Something about the file that is not as it should be, though its contents are.
        public struct Warning: Sendable, Hashable, CustomStringConvertible {
            /// What is not as it should be. Kinds may be added: keep a `default`.
            public struct Kind: Sendable, Hashable, CustomStringConvertible {
                private enum Value: String { case owner, ownerAndGroup, mode, attribute }

                private let value: Value

                /// The user it belongs to; its group is as it should be.
                public static let owner = Kind(value: .owner)
                /// Both the user and the group it belongs to.
                public static let ownerAndGroup = Kind(value: .ownerAndGroup)
                /// The permission bits.
                public static let mode = Kind(value: .mode)
                /// An access control list or another extended attribute.
                public static let attribute = Kind(value: .attribute)

                /// `owner`, `ownerAndGroup`, `mode` or `attribute`.
                public var description: String { value.rawValue }
            }

            /// What is not as it should be.
            public let kind: Kind
            /// What it is, what it should be, and how to put it right.
            public let description: String
        }
    }
}

extension DesiredFile {
    /// What was done to a file, or would be.
    public enum Change: String, Sendable, Hashable, CustomStringConvertible {
        /// There was none; now there is.
        case created
        /// It held something else.
        case replaced
        /// It held the right contents, with another mode or owner.
        case metadataChanged = "metadata changed"
        /// It was as it should be; nothing was written.
        case unchanged

        /// `created`, `replaced`, `metadata changed` or `unchanged`.
        public var description: String { rawValue }
    }
}

extension DesiredFile {
    /// What a file must hold for it to be replaced, so that nobody's edit is lost.
    public enum Expectation: Sendable, Hashable {
        /// It may hold anything, or be missing.
        case anything
        /// There must be no such file.
        case missing
        /// It must hold just this.
        case contents([UInt8])

        func isMet(by existing: ExistingFile?) throws(FileError) -> Bool {
            switch self {
            case .anything: true
            case .missing: existing == nil
            case .contents(let bytes): try existing?.holds(bytes) ?? false
            }
        }
    }
}
