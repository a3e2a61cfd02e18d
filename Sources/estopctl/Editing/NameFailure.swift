/// A name for which nothing was done, and why, as JSON.
struct NameFailure: Encodable {
    var name: String
    var error: String
}
