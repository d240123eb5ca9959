import Evaluation

extension FuzzTarget {
  /// A list of contacts: what is taken is in order, and nobody meets themself.
  static let contactList = FuzzTarget(
    "contact-list",
    examples: texts(
      "20 1 2\n40 1 3\n", "t,i,j\n20,a,b,x\n", "# of somebody\n\n1587102484055\t7\t8\r\n",
      "20 a a\n")
  ) { input in
    guard let list = try? ContactList(parsing: input) else { return }
    require(!list.rows.isEmpty, "a list that is taken has contacts")
    require(
      zip(list.rows, list.rows.dropFirst()).allSatisfy { $0.seconds <= $1.seconds },
      "contacts are in order of time")
    require(
      list.rows.allSatisfy {
        $0.one < $0.other && $0.one >= 0 && Int($0.other) < list.people.count
      }, "a contact is of two people of the list")
  }

  /// A ZIP archive of one file: what comes out is as long as its header says, or nothing does.
  static let zipMember = FuzzTarget(
    "zip-member", examples: [bytes(archive)]
  ) { input in
    guard let gzip = try? ZipMember.gzip(ofOnlyFileIn: input) else { return }
    require(gzip.starts(with: [0x1f, 0x8b, 8]), "what comes out is gzip")
    require(gzip.count <= input.count + 18, "nothing is read twice")
  }

  /// An archive of one file `a` that holds "hi" and a line's end, in hexadecimal digits.
  private static let archive =
    "504b0304140000000800000021007a7a6fed05000000030000000100000061cbc8e40200504b0102"
    + "1403140000000800000021007a7a6fed050000000300000001000000000000000000000080010000"
    + "000061504b050600000000010001002f000000240000000000"

  private static func bytes(_ digits: String) -> [UInt8] {
    let digits = Array(digits)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16)
    }
  }
}
