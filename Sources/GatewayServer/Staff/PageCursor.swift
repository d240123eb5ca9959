package import Presence
internal import VenueCodes

/// Where a page of a list ended: the key of its last row, and which list it is of.
///
/// Rows that come or go meanwhile neither repeat nor hide the ones after: the next page begins behind
/// the key, whether its row is still there or not. A cursor of another question is refused.
///
///     1 version | 8 digest of the question | 8 first part of the key | 16 person
package struct PageCursor: Hashable, Sendable {
  /// The first part of the key, in the order of the list.
  package let place: UInt64
  /// The second part.
  package let person: Pseudonym
  private let question: UInt64

  private static let version: UInt8 = 1
  private static let length = 33

  /// Makes the cursor of a row.
  package init(place: UInt64, person: Pseudonym, of question: [String]) {
    self.place = place
    self.person = person
    self.question = PageCursor.digest(of: question)
  }

  /// Reads a cursor; nil when it is none, or of another question.
  package init?(text: String, of question: [String]) {
    guard text.utf8.count == 44, let bytes = Base64URL.bytes(of: text),
      bytes.count == PageCursor.length, bytes[0] == PageCursor.version
    else { return nil }
    func number(_ place: Int) -> UInt64 {
      bytes[place..<place + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    self.question = number(1)
    place = number(9)
    person = Pseudonym(high: number(17), low: number(25))
    guard self.question == PageCursor.digest(of: question) else { return nil }
  }

  /// The cursor as answers carry it.
  package var text: String {
    var bytes = [PageCursor.version]
    for number in [question, place, person.high, person.low] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
      }
    }
    return Base64URL.text(of: bytes)
  }

  private static func digest(of question: [String]) -> UInt64 {
    var digest = ContentDigest(domain: "checkin/cursor/v1")
    for word in question { digest.append(word) }
    return digest.finish().high
  }
}

extension HTTPRequest {
  /// The cursor of the query, when there is one.
  func cursor(of question: [String]) throws(Problem) -> PageCursor? {
    guard let text = query("cursor") else { return nil }
    guard let cursor = PageCursor(text: text, of: question) else {
      throw .foreignCursor
    }
    return cursor
  }
}

extension Problem {
  /// The cursor is none of this list.
  static let foreignCursor = Problem(
    code: "foreign-cursor", status: 409, title: "The cursor is none of this list",
    detail: "begin without it")
}
