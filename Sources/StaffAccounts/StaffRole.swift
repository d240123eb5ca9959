/// What an account may do.
public enum StaffRole: String, Sendable, Hashable, CaseIterable {
  /// Looks after the venues of agencies: posters and day counts, and no names.
  case venueManager = "venue-manager"
  /// Works on cases of divisions: exposures, traces, exports.
  case healthStaff = "health-staff"
  /// Looks after keys, accounts, retention and the audit log, and sees no evidence.
  case administrator
}

/// What part of the registry an account is for.
public enum StaffScope: Hashable, Sendable {
  /// All of it.
  case everything
  /// The venues that these agencies are charged with.
  case agencies(Set<String>)
  /// All that lies in these divisions.
  case divisions(Set<String>)

  /// The scope as files and commands write it: `all`, `agency:so-y-te`, `division:303,304`.
  public var text: String {
    switch self {
    case .everything: "all"
    case .agencies(let ids): "agency:" + ids.sorted().joined(separator: ",")
    case .divisions(let codes): "division:" + codes.sorted().joined(separator: ",")
    }
  }

  /// Reads a scope; nil when the text is none.
  public init?(text: String) {
    if text == "all" {
      self = .everything
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 4_096 else { return nil }
    let words = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard words.allSatisfy(StaffScope.isWord), Set(words).count == words.count else { return nil }
    switch parts[0] {
    case "agency": self = .agencies(Set(words))
    case "division": self = .divisions(Set(words))
    default: return nil
    }
  }

  private static func isWord(_ word: String) -> Bool {
    !word.isEmpty
      && word.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
      }
  }

  /// Whether the scope is of the kind that a role works with.
  public func suits(_ role: StaffRole) -> Bool {
    switch (role, self) {
    case (.venueManager, .agencies), (.healthStaff, .divisions), (.healthStaff, .everything),
      (.administrator, .everything):
      true
    default: false
    }
  }
}

/// The name that a person signs in with.
public enum AccountName {
  /// The most bytes of a name.
  public static let longest: Int = 64

  /// Returns a name as it is kept, or nil when it cannot be one: 3 to 64 lower-case letters, digits,
  /// dots, dashes and underscores, of which the first is a letter.
  public static func canonical(_ text: String) -> String? {
    let name = text.lowercased()
    let bytes = Array(name.utf8)
    guard (3...longest).contains(bytes.count),
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[0]),
      bytes.allSatisfy({
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains($0)
      })
    else { return nil }
    return name
  }
}
