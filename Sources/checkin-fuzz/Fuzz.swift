#if !FUZZER
  import FoundationEssentials
  import Glibc

  /// Feeds parsers what they do not expect: `checkin-fuzz TARGET --runs N --seed S [FILES…]`.
  ///
  /// With files it replays them, otherwise it makes inputs by damaging good ones; the same seed makes
  /// the same inputs. A broken property or a crash ends the program with a signal. The coverage-led
  /// form of the same targets is the libFuzzer build, which starts from the files of `--seeds`:
  ///
  ///     swift build -c release --product checkin-fuzz --sanitize=fuzzer --sanitize=address \
  ///       -Xswiftc -sanitize=fuzzer,address -Xswiftc -DFUZZER --scratch-path .build-fuzz
  ///     checkin-fuzz carrier --seeds corpus
  ///     SWIFT_BACKTRACE=enable=no CHECKIN_FUZZ_TARGET=carrier \
  ///       .build-fuzz/release/checkin-fuzz -max_total_time=60 corpus
  ///
  /// Of two `--sanitize` options the compiler hears only the last, hence the third, joined one:
  /// without it the program runs but is blind (“no interesting inputs were found”).
  @main
  enum Fuzz {
    private static let usage = """
      usage: checkin-fuzz TARGET [--runs N] [--seed S] [--trace]   damage good inputs N times
             checkin-fuzz TARGET FILE…                             replay inputs
             checkin-fuzz TARGET --seeds FOLDER                    write the good inputs as files
             checkin-fuzz list                                     name the targets

      """

    static func main() {
      do {
        try run(Array(CommandLine.arguments.dropFirst()))
      } catch let problem as UsageProblem {
        complain("checkin-fuzz: \(problem.sentence)\n\(usage)")
        exit(64)
      } catch {
        complain("checkin-fuzz: \(error)\n")
        exit(1)
      }
    }

    private static func run(_ words: [String]) throws {
      guard let name = words.first else { throw UsageProblem(sentence: "no target is named") }
      if name == "list" {
        for target in FuzzTarget.all { print(target.name) }
        return
      }
      guard let target = FuzzTarget.named(name) else {
        throw UsageProblem(sentence: "there is no target “\(name)”; `checkin-fuzz list` names them")
      }
      let order = try Order(words.dropFirst())
      if let folder = order.seedFolder {
        try writeExamples(of: target, to: folder)
      } else if order.files.isEmpty {
        attack(target, order)
      } else {
        for file in order.files {
          target.run(Array(try Data(contentsOf: URL(filePath: file))))
        }
        print("\(target.name): \(order.files.count) files replayed")
      }
    }

    private static func attack(_ target: FuzzTarget, _ order: Order) {
      print("\(target.name): \(order.runs) runs from seed \(order.seed)")
      for example in target.examples { target.run(example) }
      var maker = InputMaker(examples: target.examples, seed: order.seed)
      for run in 0..<order.runs {
        let input = maker.next()
        if order.isTraced { complain("\(run) \(input)\n") }
        target.run(input)
      }
      print("\(target.name): nothing found")
    }

    private static func writeExamples(of target: FuzzTarget, to folder: String) throws {
      let folder = URL(filePath: folder, directoryHint: .isDirectory)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for (place, example) in target.examples.enumerated() {
        try Data(example).write(to: folder.appending(path: "\(target.name)-\(place)"))
      }
      print("\(target.name): \(target.examples.count) files written")
    }

    /// Writes to standard error at once, so that a crash loses nothing.
    private static func complain(_ text: String) {
      let bytes = Array(text.utf8)
      _ = write(STDERR_FILENO, bytes, bytes.count)
    }
  }

  /// What the command line asks for.
  private struct Order {
    var runs = 100_000
    var seed: UInt64 = 1
    var isTraced = false
    var seedFolder: String?
    var files: [String] = []

    init(_ words: ArraySlice<String>) throws(UsageProblem) {
      var words = words
      while let word = words.popFirst() {
        switch word {
        case "--runs": runs = try Order.number(words.popFirst(), of: word)
        case "--seed": seed = try Order.number(words.popFirst(), of: word)
        case "--trace": isTraced = true
        case "--seeds":
          guard let folder = words.popFirst() else {
            throw UsageProblem(sentence: "--seeds wants a folder")
          }
          seedFolder = folder
        default:
          guard !word.hasPrefix("-") else {
            throw UsageProblem(sentence: "there is no option \(word)")
          }
          files.append(word)
        }
      }
    }

    private static func number<Number: FixedWidthInteger>(
      _ word: String?, of option: String
    ) throws(UsageProblem) -> Number {
      guard let word, let number = Number(word), number >= 0 else {
        throw UsageProblem(sentence: "\(option) wants a whole number")
      }
      return number
    }
  }

  /// A command line that cannot be followed.
  private struct UsageProblem: Error {
    let sentence: String
  }
#endif
