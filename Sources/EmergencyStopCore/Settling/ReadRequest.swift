/// The number of a request for a read. Requests are numbered upwards from 1.
package struct ReadRequest: Sendable, Hashable, Comparable {
    package var number: UInt64

    package init(number: UInt64) {
        self.number = number
    }

    /// Before every request.
    package static let none = ReadRequest(number: 0)

    package static func < (lhs: ReadRequest, rhs: ReadRequest) -> Bool { lhs.number < rhs.number }
}

/// What caused a read.
package enum ReadTrigger: String, Sendable, CaseIterable {
    /// The sidecar starts.
    case start
    /// inotify told of something.
    case hint
    /// The time came to see whether what was found has settled.
    case settle
    /// The poll interval has passed.
    case poll
    /// Somebody asked, with `sync` or a signal.
    case request
    /// The last attempt to read failed.
    case retry
}

/// What inotify told, as far as settling cares. A hint never says what the file holds: only a read does.
package enum ChangeHint: Sendable, Hashable, CaseIterable {
    /// Another file stands at the path, or none: it, or a link on the way to it, was moved or deleted.
    case replaced
    /// Someone closed the file who could have written it.
    case closed
    /// Mode, owner or times became others, which no byte does by that.
    case attributes
    /// Someone writes the file, or created it and is about to.
    case writing
    /// Something else happened nearby. It is worth a look, but must not keep the file from settling.
    case neighbour
    /// Events were lost.
    case overflow
}
