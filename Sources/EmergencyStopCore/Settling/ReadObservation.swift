/// What one attempt to read the stop file saw.
package enum ReadObservation: Sendable, Hashable {
    /// A regular file: its bytes, whichever file holds them. Stable where they were there as a whole, and are no mixture.
    case content(ContentFingerprint, isStable: Bool)
    /// There was no file to read.
    case absent(Absence)
    /// No read took place, for a reason that says nothing about the file; the text names it.
    case failed(String)
}

/// How there can be no file to read.
package enum Absence: Sendable, Hashable {
    case missing
    /// Something is there, but it may not be read or is no regular file; the text says which.
    case unreadable(String)
}
