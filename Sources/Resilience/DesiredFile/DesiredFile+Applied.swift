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
            /// What is not as it should be.
            public enum Kind: Sendable, Hashable {
                /// The user it belongs to; its group is as it should be.
                case owner
                /// Both the user and the group it belongs to.
                case ownerAndGroup
                /// The permission bits.
                case mode
                /// An access control list or another extended attribute.
                case attribute
            }

            /// What is not as it should be.
            public let kind: Kind
            /// What it is, what it should be, and how to put it right.
            public let description: String
        }
    }
}
