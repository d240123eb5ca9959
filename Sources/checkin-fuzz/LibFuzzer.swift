// The build with `-Xswiftc -DFUZZER`, whose whole command is in Fuzz.swift: libFuzzer brings `main`
// and calls this.
#if FUZZER
  import FoundationEssentials

  /// The target named by the environment; libFuzzer keeps the command line for itself.
  private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["CHECKIN_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget.named(name) else {
      let names = FuzzTarget.all.map(\.name).joined(separator: ", ")
      fatalError("set CHECKIN_FUZZ_TARGET to one of: \(names)")
    }
    return target
  }()

  /// Feeds one input to the target; the address and the name are libFuzzer's.
  ///
  /// - Parameters:
  ///   - start: The first byte.
  ///   - count: How many there are.
  /// - Returns: Zero, as libFuzzer asks.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
  }
#endif
