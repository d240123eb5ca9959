import SyntheticCity

/// Makes inputs by damaging good ones, so that most get past a parser's first look.
struct InputMaker {
  private let examples: [[UInt8]]
  private var generator: SeededGenerator

  /// Bytes that parsers have opinions on.
  private static let telling: [UInt8] =
    Array("\0\n\r\t \"',;:#/-+.09AZaz{}[]\\".utf8) + [
      0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff,
    ]

  init(examples: [[UInt8]], seed: UInt64) {
    self.examples = examples.isEmpty ? [[]] : examples
    self.generator = SeededGenerator(seed: seed)
  }

  /// Returns the next input: one in eight is plain noise, the others have one to six wounds.
  mutating func next() -> [UInt8] {
    if Int.random(in: 0..<8, using: &generator) == 0 { return noise(upTo: 300) }
    var input = example()
    for _ in 0..<Int.random(in: 1...6, using: &generator) { wound(&input) }
    return input
  }

  private mutating func wound(_ input: inout [UInt8]) {
    let start = Int.random(in: 0...input.count, using: &generator)
    let end = min(input.count, start + Int.random(in: 1...12, using: &generator))
    switch Int.random(in: 0..<7, using: &generator) {
    case 0 where start < input.count:
      input[start] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1 where start < input.count:
      input[start] = telling()
    case 2: input.removeSubrange(start..<end)
    case 3: input.insert(contentsOf: input[start..<end], at: start)
    case 4: input.removeSubrange(start...)
    case 5:
      let other = example()
      input.replaceSubrange(start..., with: other.dropFirst(start))
    default: input.insert(telling(), at: start)
    }
  }

  private mutating func example() -> [UInt8] {
    examples[Int.random(in: examples.indices, using: &generator)]
  }

  private mutating func telling() -> UInt8 {
    InputMaker.telling[Int.random(in: InputMaker.telling.indices, using: &generator)]
  }

  private mutating func noise(upTo limit: Int) -> [UInt8] {
    (0..<Int.random(in: 0...limit, using: &generator)).map { _ in
      UInt8(truncatingIfNeeded: generator.next())
    }
  }
}
