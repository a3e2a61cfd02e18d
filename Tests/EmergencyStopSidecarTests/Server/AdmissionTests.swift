import EmergencyStopServing
import EmergencyStopSidecar
import Testing

@Suite("Who is let in")
struct AdmissionTests {
    private func limits(_ connections: Int, reserved: Int, perUser: Int? = nil) -> Limits {
        var limits = Limits()
        limits.connections = connections
        limits.reservedConnections = reserved
        limits.connectionsPerUser = perUser
        return limits
    }

    @Test("others up to what is kept for operators, operators to the last")
    func reserve() throws {
        var admission = Admission(limits: limits(10, reserved: 3, perUser: 100))
        for uid in 0..<7 { try admission.admit(uid: UInt32(1000 + uid), isOperator: false) }
        #expect(throws: Admission.Refusal.allTaken(limit: 7)) { try admission.admit(uid: 2000, isOperator: false) }
        for _ in 0..<3 { try admission.admit(uid: 0, isOperator: true) }
        #expect(throws: Admission.Refusal.allTaken(limit: 10)) { try admission.admit(uid: 0, isOperator: true) }
        admission.release(uid: 0)
        #expect(throws: Admission.Refusal.allTaken(limit: 7)) { try admission.admit(uid: 2000, isOperator: false) }
        try admission.admit(uid: 0, isOperator: true)
    }

    @Test("one user up to the user's limit, and again after a release; an operator whatever the operator has")
    func user() throws {
        var admission = Admission(limits: limits(100, reserved: 0, perUser: 2))
        for _ in 0..<2 { try admission.admit(uid: 1, isOperator: false) }
        #expect(throws: Admission.Refusal.userHasTooMany(uid: 1, limit: 2)) {
            try admission.admit(uid: 1, isOperator: false)
        }
        try admission.admit(uid: 2, isOperator: false)
        try admission.admit(uid: 1, isOperator: true)
        for _ in 0..<2 { admission.release(uid: 1) }
        try admission.admit(uid: 1, isOperator: false)
    }

    @Test("all but 5 % for one user, and never more than half for operators, unless set otherwise")
    func defaults() {
        #expect(Limits().connectionsOfOneUser == 9500)
        #expect(Limits().connectionsForOperators == 16)
        #expect(limits(10, reserved: 16).connectionsForOperators == 5)
        #expect(limits(1, reserved: 16).connectionsForOperators == 0)
        #expect(limits(1, reserved: 0).connectionsOfOneUser == 1)
    }
}
