internal import Glibc
internal import Presence

/// Looks for pseudonyms in raw bytes, wherever they stand: the proof that somebody was forgotten.
///
/// Files are read as bytes and not as what they mean, so that free pages, logs and files that should
/// not be there are searched too.
///
/// - Complexity: O(n) in the bytes: one look at a table of bits for each place, which lets about one
///   in a hundred through to the exact comparison.
struct RawSearch {
  private let needles: Set<Pseudonym>
  /// A bit for each value of the first three bytes with which a needle begins.
  private var filter: [UInt64]

  init(for needles: Set<Pseudonym>) {
    self.needles = needles
    filter = Array(repeating: 0, count: 1 << 18)
    for needle in needles {
      let prefix = Int(needle.high >> 40)
      filter[prefix >> 6] |= 1 << UInt64(prefix & 63)
    }
  }

  /// Returns the needles that are in some bytes.
  func found(in bytes: UnsafeRawBufferPointer) -> Set<Pseudonym> {
    var found: Set<Pseudonym> = []
    guard bytes.count >= 16, !needles.isEmpty else { return found }
    filter.withUnsafeBufferPointer { filter in
      var prefix = Int(bytes[0]) << 8 | Int(bytes[1])
      for place in 0...(bytes.count - 16) {
        prefix = (prefix << 8 | Int(bytes[place + 2])) & 0xff_ffff
        guard filter[prefix >> 6] >> UInt64(prefix & 63) & 1 != 0 else { continue }
        let candidate = Pseudonym(
          high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)),
          low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)))
        if needles.contains(candidate) { found.insert(candidate) }
      }
    }
    return found
  }

  /// Returns the files below a folder that hold any needle, by path.
  func files(in folder: String) throws(StoreError) -> [String] {
    var holding: [String] = []
    for name in try FileOperation.names(in: folder).sorted() {
      let path = "\(folder)/\(name)"
      if FileOperation.isFolder(path) {
        holding += try files(in: path)
      } else if try FileOperation.withBytes(of: path, { !found(in: $0).isEmpty }) {
        holding.append(path)
      }
    }
    return holding
  }
}
