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
