/// The times at which something is due, each purpose at most once: a heap that knows where each purpose stands in it,
/// so that a time that moves leaves nothing behind.
package struct Deadlines<Purpose: Hashable> {
    package typealias Instant = ContinuousClock.Instant

    private var heap: [(time: Instant, purpose: Purpose)] = []
    private var places: [Purpose: Int] = [:]

    package init() {}

    /// The earliest time.
    package var next: Instant? { heap.first?.time }

    /// Sets when something is due, in place of what was set for it before; `nil` for never.
    package mutating func set(_ purpose: Purpose, to time: Instant?) {
        guard let time else {
            if let place = places[purpose] { remove(place) }
            return
        }
        if let place = places[purpose] {
            heap[place].time = time
            settle(place)
        } else {
            places[purpose] = heap.count
            heap.append((time, purpose))
            settle(heap.count - 1)
        }
    }

    /// Takes what has been due for longest, where something is.
    package mutating func takeDue(at now: Instant) -> Purpose? {
        guard let first = heap.first, first.time <= now else { return nil }
        remove(0)
        return first.purpose
    }

    private mutating func remove(_ place: Int) {
        swap(place, heap.count - 1)
        places[heap.removeLast().purpose] = nil
        if place < heap.count { settle(place) }
    }

    /// Moves what stands at this place up or down to where it belongs.
    private mutating func settle(_ place: Int) {
        var place = place
        while place > 0, heap[place].time < heap[(place - 1) / 2].time {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        while true {
            var least = place
            for child in [place * 2 + 1, place * 2 + 2] where child < heap.count && heap[child].time < heap[least].time
            {
                least = child
            }
            guard least != place else { return }
            swap(place, least)
            place = least
        }
    }

    private mutating func swap(_ place: Int, _ other: Int) {
        heap.swapAt(place, other)
        places[heap[place].purpose] = place
        places[heap[other].purpose] = other
    }
}
