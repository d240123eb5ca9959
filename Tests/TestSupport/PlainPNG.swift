/// A PNG writer of the tests' own: rows as they are given, without compression.
package enum PlainPNG {
  /// The bytes of a PNG whose rows, without filter bytes, are given as the file holds them.
  package static func bytes(
    width: UInt32, height: UInt32, bitDepth: UInt8, colourType: UInt8, rows: [[UInt8]],
    extraChunks: [(type: String, data: [UInt8])] = []
  ) -> [UInt8] {
    let raw: [UInt8] = rows.flatMap { (row: [UInt8]) -> [UInt8] in [0] + row }
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let block = raw[start..<min(start + 65_535, raw.count)]
      start += block.count
      let count = UInt16(block.count)
      stream += [start == raw.count ? 1 : 0]
      stream += [UInt8(count & 255), UInt8(count >> 8)]
      stream += [UInt8(~count & 255), UInt8(~count >> 8)]
      stream += block
    } while start < raw.count
    var (low, high) = (UInt32(1), UInt32(0))
    for byte in raw {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    stream += big(high << 16 | low)
    let header = big(width) + big(height) + [bitDepth, colourType, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
      + extraChunks.flatMap { chunk($0.type, $0.data) } + chunk("IDAT", stream) + chunk("IEND", [])
  }

  /// The chunks of a file: type and data, as far as they can be followed.
  package static func chunks(of file: [UInt8]) -> [(type: String, data: [UInt8])] {
    var chunks: [(type: String, data: [UInt8])] = []
    var place = 8
    while place + 12 <= file.count {
      let count = Int(number(file[place..<place + 4]))
      guard place + 12 + count <= file.count else { break }
      chunks.append(
        (
          String(decoding: file[place + 4..<place + 8], as: UTF8.self),
          Array(file[place + 8..<place + 8 + count])
        ))
      place += 12 + count
    }
    return chunks
  }

  /// A number in the order of bytes that PNG has.
  package static func number(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    var check = UInt32.max
    for byte in body {
      check ^= UInt32(byte)
      for _ in 0..<8 { check = check & 1 == 1 ? 0xEDB8_8320 ^ check >> 1 : check >> 1 }
    }
    return big(UInt32(data.count)) + body + big(~check)
  }

  private static func big(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }
}
