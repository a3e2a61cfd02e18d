extension EntryObject {
    /// How the members of an object stand: on one line or each on its own, and with which spaces.
    struct Layout {
        private var head: [UInt8]
        private var separator: [UInt8]
        private var colon: [UInt8]
        private var tail: [UInt8]
        private var isLowerCase: Bool

        /// `{"Name":"A","Status":"go"}`, as in the talk.
        static let oneLine = Layout(EntryObject(ArraySlice(#"{"Name":"","Status":""}"#.utf8)))

        init(_ object: EntryObject) {
            head = object.head
            tail = object.tail
            if object.members.count > 1 {
                separator = object.members[1].separator
            } else {
                let space = object.head.dropFirst()
                separator = [UInt8(ascii: ",")] + (space.isEmpty ? [UInt8(ascii: " ")] : Array(space))
            }
            colon = object.members.first?.colon ?? [UInt8(ascii: ":")]
            isLowerCase = object.members.allSatisfy { member in
                member.key.allSatisfy { !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            }
        }

        /// A member that follows another.
        func member(_ field: ObjectValues.Field, _ value: String) -> Member {
            let name = isLowerCase ? field.rawValue.lowercased() : field.rawValue
            return Member(
                field: field, separator: separator, key: JSONText.string(name), colon: colon,
                value: JSONText.string(value)
            )
        }

        /// A whole object.
        func object(_ edit: StopFileEditor.Edit) -> [UInt8] {
            var members = [member(.name, edit.name.text)]
            for (field, value) in edit.values {
                if let value { members.append(member(field, value)) }
            }
            members[0].separator = []
            return head + members.flatMap { $0.separator + $0.key + $0.colon + $0.value } + tail
        }
    }
}
