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
