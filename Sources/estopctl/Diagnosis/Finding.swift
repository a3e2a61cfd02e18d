/// One thing that `doctor` has looked at.
struct Finding: Hashable, Encodable {
    enum Grade: String, Encodable {
        case ok
        /// It works, and not as it should.
        case warn
        /// The emergency stop does not do what it is there for.
        case fail = "FAIL"
    }

    var grade: Grade
    var subject: String
    /// What was found, and what to do where it is not as it should be.
    var text: String

    init(_ grade: Grade, _ subject: String, _ text: String) {
        self.grade = grade
        self.subject = subject
        self.text = text
    }
}
