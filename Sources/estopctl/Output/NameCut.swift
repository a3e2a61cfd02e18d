/// Cuts names in the middle, so that those that differ go on to differ where the width allows it.
///
/// Names begin alike or end alike. How much of their end is kept is chosen so that the fewest of them become the same.
struct NameCut {
    private let width: Int
    private let tail: Int
    /// Whether no two names have become one.
    let keepsApart: Bool

    init(_ names: some Sequence<String>, to width: Int) {
        self.width = width
        let names = Set(names)
        let room = max(0, width - 1)
        var best = (tail: room / 2, lost: Int.max)
        for tail in [room / 2, room * 3 / 4, room / 4, room, 0] where best.lost > 0 {
            let shown = Set(names.map { DisplayWidth.cut($0, to: width, keeping: tail) })
            if names.count - shown.count < best.lost { best = (tail, names.count - shown.count) }
        }
        tail = best.tail
        keepsApart = best.lost == 0
    }

    func callAsFunction(_ name: String) -> String { DisplayWidth.cut(name, to: width, keeping: tail) }
}
