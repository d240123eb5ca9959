import Evaluation
import Testing

@Suite("Lists of contacts")
struct ContactListTests {
  private static func rows(_ text: String) throws -> [[Int64]] {
    let list = try ContactList(parsing: text.utf8)
    return list.rows.map { [$0.seconds, Int64($0.one), Int64($0.other)] }
  }

  @Test(
    "Spaces, tabs and commas separate, further columns are not looked at",
    arguments: [
      "20 a b\n40 b c\n", "20\ta\tb\tx\ty\n40\tb\tc\tz\n", "t,i,j\n20,a,b\n40,b,c",
      "# of somebody\n\n20  b a\r\n40 c b\r\n",
    ])
  func readsLines(text: String) throws {
    let rows = try Self.rows(text)
    #expect(rows.map { $0[0] } == [20, 40])
    #expect(try ContactList(parsing: text.utf8).people.sorted() == ["a", "b", "c"])
  }

  @Test("Lines come out in order of time, the two people too")
  func sorts() throws {
    #expect(try Self.rows("60 5 7\n20 7 5\n40 9 5") == [[20, 0, 1], [40, 0, 2], [60, 0, 1]])
  }

  @Test("Times of the year 5138 and later are milliseconds")
  func readsMilliseconds() throws {
    #expect(try Self.rows("1587102484055 1 2") == [[1_587_102_484, 0, 1]])
  }

  @Test(
    "What is wrong is said with its line",
    arguments: [
      ("", ContactListError.Code.empty, 0), ("# nothing\n\n", .empty, 0),
      ("20 a b\n40 a\n", .fields, 2), ("20 a b\nnoon a b\n", .time, 2),
      ("20 a b\n-20 a b\n", .time, 2), ("20 a b\n20.5 a b\n", .time, 2),
      ("20 a b\n\n9999999999999999 a b", .time, 3), ("20 a a\n", .samePerson, 1),
      ("20 a \(String(repeating: "b", count: 65))", .fieldTooLong, 1),
    ])
  func refuses(text: String, code: ContactListError.Code, line: Int) throws {
    let error = #expect(throws: ContactListError.self) { try ContactList(parsing: text.utf8) }
    #expect(error?.code == code)
    #expect(error?.line == line)
    #expect(error?.description.isEmpty == false)
  }
}
