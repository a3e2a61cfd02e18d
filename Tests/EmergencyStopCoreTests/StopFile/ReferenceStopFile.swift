internal import EmergencyStopCore

/// Section 4 of the design once more, slow and plain: a file is cut into tokens, the tokens are matched against the
/// grammar, and everything is a `String` or an array. It shares nothing with the parser that it checks.
struct ReferenceStopFile {
    enum Token: Equatable {
        case mark(Character)
        case string(String)
        case null
    }

    typealias Object = [(key: String, value: String?)]

    private(set) var isMalformed = false
    private(set) var entries: [Entry] = []

    init(_ file: [UInt8]) {
        let text = file.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(file.dropFirst(3)) : file
        if let objects = Self.objects(Self.tokens(text[...])?.tokens) {
            for object in objects { add(object) }
        } else {
            isMalformed = true
            var place = 0
            while place < text.count {
                if text[place] == UInt8(ascii: "{"),
                    let (tokens, length) = Self.tokens(text[place...], untilBrace: true),
                    let object = Self.object(tokens)
                {
                    add(object)
                    place += length
                } else {
                    place += 1
                }
            }
        }
    }

    // MARK: The file as tokens

    private static func tokens(
        _ bytes: ArraySlice<UInt8>, untilBrace: Bool = false
    ) -> (tokens: [Token], length: Int)? {
        var tokens: [Token] = []
        var rest = bytes
        while let byte = rest.first {
            let character = Character(Unicode.Scalar(byte))
            if " \t\r\n".unicodeScalars.contains(Unicode.Scalar(byte)) {
                rest = rest.dropFirst()
            } else if "{}[]:,".contains(character) {
                rest = rest.dropFirst()
                tokens.append(.mark(character))
                if untilBrace, character == "}" { return (tokens, bytes.count - rest.count) }
            } else if rest.starts(with: "null".utf8) {
                rest = rest.dropFirst(4)
                tokens.append(.null)
            } else if byte == UInt8(ascii: "\""), let (string, length) = string(rest) {
                rest = rest.dropFirst(length)
                tokens.append(.string(string))
            } else {
                return nil
            }
        }
        return untilBrace ? nil : (tokens, bytes.count)
    }

    private static func string(_ bytes: ArraySlice<UInt8>) -> (String, length: Int)? {
        var end = bytes.startIndex + 1
        while end < bytes.endIndex, bytes[end] != UInt8(ascii: "\"") {
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < bytes.endIndex, let raw = String(validating: bytes[(bytes.startIndex + 1)..<end], as: UTF8.self)
        else { return nil }
        var units: [UInt16] = []
        var scalars = raw.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if scalar.value < 0x20 { return nil }
            guard scalar == "\\" else {
                units += String(scalar).utf16
                continue
            }
            let simple: [Unicode.Scalar: UInt16] = [
                "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
            ]
            guard let letter = scalars.popFirst() else { return nil }
            if let unit = simple[letter] {
                units.append(unit)
            } else if letter == "u", scalars.count >= 4,
                scalars.prefix(4).allSatisfy({ $0.isASCII && Character($0).isHexDigit }),
                let unit = UInt16(String(String.UnicodeScalarView(scalars.prefix(4))), radix: 16)
            {
                units.append(unit)
                scalars = scalars.dropFirst(4)
            } else {
                return nil
            }
        }
        guard let text = String(validating: units, as: UTF16.self) else { return nil }
        return (text, end + 1 - bytes.startIndex)
    }

    // MARK: Tokens as objects

    private static func objects(_ tokens: [Token]?) -> [Object]? {
        guard var tokens = tokens?[...] else { return nil }
        let isArray = tokens.first == .mark("[")
        if isArray {
            guard tokens.count > 1, tokens.last == .mark("]") else { return nil }
            tokens = tokens.dropFirst().dropLast()
        }
        var objects: [Object] = []
        while !tokens.isEmpty {
            if isArray, !objects.isEmpty {
                guard tokens.popFirst() == .mark(",") else { return nil }
            }
            guard let end = tokens.firstIndex(of: .mark("}")), let object = object(Array(tokens[...end])) else {
                return nil
            }
            objects.append(object)
            tokens = tokens[(end + 1)...]
        }
        return objects
    }

    private static func object(_ tokens: [Token]) -> Object? {
        guard tokens.count >= 2, tokens.first == .mark("{"), tokens.last == .mark("}") else { return nil }
        let inside = tokens.dropFirst().dropLast()
        if inside.isEmpty { return [] }
        var object: Object = []
        for member in inside.split(separator: .mark(","), omittingEmptySubsequences: false) {
            guard member.count == 3, member[member.startIndex + 1] == .mark(":"),
                case .string(let written) = member[member.startIndex]
            else { return nil }
            let key = String(
                String.UnicodeScalarView(written.unicodeScalars.map { $0.properties.lowercased(ifASCII: $0) }))
            guard ["name", "status", "reason", "by", "at"].contains(where: { $0.utf8.elementsEqual(key.utf8) }),
                !object.contains(where: { $0.key == key })
            else { return nil }
            switch member[member.startIndex + 2] {
            case .string(let value): object.append((key, value))
            case .null: object.append((key, nil))
            case .mark: return nil
            }
        }
        return object
    }

    // MARK: Objects as entries

    private mutating func add(_ object: Object) {
        func value(_ key: String) -> String? { object.first { $0.key == key }?.value }
        var name = Array((value("name") ?? "").unicodeScalars)
        while let last = name.last, Self.isWhiteSpace(last) { name.removeLast() }
        while let first = name.first, Self.isWhiteSpace(first) { name.removeFirst() }
        let text = String(String.UnicodeScalarView(name))
        guard (1...255).contains(text.utf8.count),
            !name.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        else { return }
        let status: WorkflowStatus? = ["go": .go, "pause": .pause, "stop": .stop][value("status") ?? ""]
        let entry = Entry(
            name: WorkflowName(validated: text), status: status ?? .stop, isInvalid: status == nil,
            reason: value("reason"), by: value("by"), at: value("at")
        )
        if let known = entries.firstIndex(where: { $0.name == entry.name }) {
            if entry.status < entries[known].status { entries[known] = entry }
        } else {
            entries.append(entry)
        }
    }

    /// The property White_Space, written out from PropList.txt.
    private static func isWhiteSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9...0xD, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}

extension Unicode.Scalar.Properties {
    fileprivate func lowercased(ifASCII scalar: Unicode.Scalar) -> Unicode.Scalar {
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
    }
}
