internal import ForeignCodes

/// A file of exposure keys as servers of exposure notification publish them: `export.bin`.
///
/// Behind a header of 16 bytes stands a protobuf message. The keys are those of people who said that
/// they are infected; whose, the file does not tell.
public struct ExposureKeyExport: Sendable {
  /// What stands before the message.
  public static let header: [UInt8] = Array("EK Export v1    ".utf8)

  /// The largest file that is read, in bytes.
  public static let maximumLength: Int = 64 << 20

  /// The most keys that one file may have: 30 bytes each in the largest file.
  private static let mostFields = 2_200_000

  /// The first second that the file is about, in Unix seconds; nil when it does not say.
  public private(set) var start: UInt64?
  /// The first second after, in Unix seconds; nil when it does not say.
  public private(set) var end: UInt64?
  /// Where the keys are from, mostly a country's code.
  public private(set) var region: String = ""
  /// The number of the file in its batch, from 1; 0 when it does not say.
  public private(set) var batchNumber: Int = 0
  /// How many files the batch has; 0 when it does not say.
  public private(set) var batchSize: Int = 0
  /// What the signatures of the batch are made with.
  public private(set) var signatureInfos: [SignatureInfo] = []
  /// The keys.
  public private(set) var keys: [PublishedExposureKey] = []
  /// Keys of which an earlier file said something else.
  public private(set) var revisedKeys: [PublishedExposureKey] = []

  /// What a signature is made with.
  public struct SignatureInfo: Hashable, Sendable {
    /// The version of the key.
    public var keyVersion: String = ""
    /// The name of the key.
    public var keyID: String = ""
    /// The object identifier of the algorithm; `1.2.840.10045.4.3.2` is ECDSA with SHA-256.
    public var algorithm: String = ""
    /// The app that the file was once meant for on Android; withdrawn.
    public var androidPackage: String = ""
    /// The app that the file was once meant for on iOS; withdrawn.
    public var appBundleID: String = ""
  }

  /// A key with what was published of it.
  public struct PublishedExposureKey: Sendable {
    /// The key.
    public var key: ExposureKey
    /// The risk of infection by the server's judgement, 0 to 8; withdrawn.
    public var transmissionRisk: Int
    /// How the infection is known: 1 test, 2 clinical, 3 self-reported, 4 recursive, 5 revoked; 0
    /// when it does not say.
    public var reportType: Int
    /// The days from the onset of symptoms to the key's day; nil when it does not say.
    public var daysSinceOnset: Int?
    /// Whether and which variant of the virus; 0 when it does not say.
    public var variantOfConcern: Int
  }

  /// Reads a file.
  ///
  /// - Parameter bytes: The file.
  /// - Throws: `ProximityFormatError.Code.badExport`, `.badKey` or `.tooLarge`.
  public init(_ bytes: [UInt8]) throws(ProximityFormatError) {
    guard bytes.count <= Self.maximumLength else {
      throw ProximityFormatError(
        .tooLarge, "an export of exposure keys has \(Self.maximumLength >> 20) MiB at most")
    }
    guard bytes.starts(with: Self.header) else {
      throw ProximityFormatError(
        .badExport, "the file does not begin with \"EK Export v1\": it is no export of keys")
    }
    let message = bytes[Self.header.count...]
    try ProtobufText.read(message, .badExport, maximumFieldCount: Self.mostFields) {
      (number, value) throws(ProximityFormatError) in
      switch (number, value) {
      case (1, .fixed64(let second)): start = second
      case (2, .fixed64(let second)): end = second
      case (3, .bytes(let text)): region = try ProtobufText.text(text, .badExport)
      case (4, .number(let value)): batchNumber = try ProtobufText.count(value)
      case (5, .number(let value)): batchSize = try ProtobufText.count(value)
      case (6, .bytes(let part)): signatureInfos.append(try SignatureInfo(part))
      case (7, .bytes(let part)): keys.append(try PublishedExposureKey(part))
      case (8, .bytes(let part)): revisedKeys.append(try PublishedExposureKey(part))
      case (1...8, _): throw ProtobufText.wrongType(.badExport)
      default: break
      }
    }
  }
}

extension ExposureKeyExport.SignatureInfo {
  init(_ message: ArraySlice<UInt8>) throws(ProximityFormatError) {
    try ProtobufText.read(message, .badExport) { (number, value) throws(ProximityFormatError) in
      switch (number, value) {
      case (1, .bytes(let text)): appBundleID = try ProtobufText.text(text, .badExport)
      case (2, .bytes(let text)): androidPackage = try ProtobufText.text(text, .badExport)
      case (3, .bytes(let text)): keyVersion = try ProtobufText.text(text, .badExport)
      case (4, .bytes(let text)): keyID = try ProtobufText.text(text, .badExport)
      case (5, .bytes(let text)): algorithm = try ProtobufText.text(text, .badExport)
      case (1...5, _): throw ProtobufText.wrongType(.badExport)
      default: break
      }
    }
  }
}

extension ExposureKeyExport.PublishedExposureKey {
  init(_ message: ArraySlice<UInt8>) throws(ProximityFormatError) {
    var bytes: [UInt8] = []
    var rollingStart: UInt32 = 0
    // Protobuf leaves out what is the default.
    var rollingPeriod = ExposureKey.maximumRollingPeriod
    var risk = 0
    var report = 0
    var onset: Int?
    var variant = 0
    try ProtobufText.read(message, .badExport) { (number, value) throws(ProximityFormatError) in
      switch (number, value) {
      case (1, .bytes(let key)): bytes = Array(key)
      case (2, .number(let value)): risk = try ProtobufText.count(value)
      case (3, .number(let value)):
        guard let interval = UInt32(exactly: value) else {
          throw ProximityFormatError(.badExport, "a key's first interval cannot be one")
        }
        rollingStart = interval
      case (4, .number(let value)): rollingPeriod = try ProtobufText.count(value)
      case (5, .number(let value)): report = try ProtobufText.count(value)
      case (6, .number(let value)):
        // A number with a sign, the sign in its lowest bit.
        let days = Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
        guard (-366...366).contains(days) else {
          throw ProximityFormatError(.badExport, "a key's days since the onset cannot be such")
        }
        onset = Int(days)
      case (7, .number(let value)): variant = try ProtobufText.count(value)
      case (1...7, _): throw ProtobufText.wrongType(.badExport)
      default: break
      }
    }
    self.init(
      key: try ExposureKey(bytes, rollingStart: rollingStart, rollingPeriod: rollingPeriod),
      transmissionRisk: risk, reportType: report, daysSinceOnset: onset, variantOfConcern: variant)
  }
}

/// The signatures of an export of exposure keys: `export.sig`.
///
/// Each is one of ECDSA on P-256 with SHA-256 over the whole of `export.bin`, its header included.
public struct ExposureKeySignatures: Sendable {
  /// One signature.
  public struct Signature: Hashable, Sendable {
    /// What it is made with.
    public var info: ExposureKeyExport.SignatureInfo = .init()
    /// The number of the file in its batch that it is of.
    public var batchNumber: Int = 0
    /// How many files the batch has.
    public var batchSize: Int = 0
    /// The signature in DER.
    public var bytes: [UInt8] = []
  }

  /// What became of the check of the signatures.
  public enum Verdict: String, Sendable {
    /// The key signed exactly this file.
    case valid
    /// Nobody who has the key signed this file.
    case invalid
    /// There is no signature under this key.
    case unsigned
    /// libcrypto could not be loaded, which is what checks it.
    case notChecked = "not-checked"
  }

  /// The one algorithm that is read, as exports name it.
  public static let algorithm: String = "1.2.840.10045.4.3.2"

  /// The signatures, in order.
  public private(set) var signatures: [Signature] = []

  /// Reads a file.
  ///
  /// - Parameter bytes: The file.
  /// - Throws: `ProximityFormatError.Code.badSignature`.
  public init(_ bytes: [UInt8]) throws(ProximityFormatError) {
    try ProtobufText.read(bytes[...], .badSignature) {
      (number, value) throws(ProximityFormatError) in
      switch (number, value) {
      case (1, .bytes(let part)): signatures.append(try Signature(part))
      case (1, _): throw ProtobufText.wrongType(.badSignature)
      default: break
      }
    }
  }

  /// Checks the signatures of one key.
  ///
  /// - Parameters:
  ///   - export: The whole of `export.bin`.
  ///   - keyID: The name of the key, which the signature must state.
  ///   - keyVersion: The version of the key, which the signature must state.
  ///   - key: The key as a SubjectPublicKeyInfo on P-256.
  /// - Returns: Valid when one of the signatures that state the key is good.
  public func verdict(
    on export: [UInt8], keyID: String, keyVersion: String, key: [UInt8]
  ) -> Verdict {
    let own = signatures.filter {
      $0.info.keyID == keyID && $0.info.keyVersion == keyVersion
        && $0.info.algorithm == Self.algorithm
    }
    guard !own.isEmpty else { return .unsigned }
    var verdict = Verdict.invalid
    for signature in own {
      guard let raw = P256.rawSignature(ofDER: signature.bytes[...]) else { continue }
      switch P256.isValid(signature: raw, for: export, key: key) {
      case true?: return .valid
      case false?: break
      case nil: verdict = .notChecked
      }
    }
    return verdict
  }
}

extension ExposureKeySignatures.Signature {
  init(_ message: ArraySlice<UInt8>) throws(ProximityFormatError) {
    try ProtobufText.read(message, .badSignature) { (number, value) throws(ProximityFormatError) in
      switch (number, value) {
      case (1, .bytes(let part)): info = try ExposureKeyExport.SignatureInfo(part)
      case (2, .number(let value)): batchNumber = try ProtobufText.count(value)
      case (3, .number(let value)): batchSize = try ProtobufText.count(value)
      case (4, .bytes(let value)): bytes = Array(value)
      case (1...4, _): throw ProtobufText.wrongType(.badSignature)
      default: break
      }
    }
  }
}

/// How the messages of exposure notification are read.
enum ProtobufText {
  static func read(
    _ message: ArraySlice<UInt8>, _ code: ProximityFormatError.Code,
    maximumFieldCount: Int = ProtobufReader.usualMaximumFieldCount,
    _ body: (UInt32, ProtobufReader.Value) throws(ProximityFormatError) -> Void
  ) throws(ProximityFormatError) {
    var reader = ProtobufReader(message, maximumFieldCount: maximumFieldCount)
    while true {
      let field: ProtobufReader.Field?
      do throws(ProtobufReader.Malformed) {
        field = try reader.next()
      } catch {
        throw ProximityFormatError(code, "the file is cut off or damaged")
      }
      guard let field else { return }
      try body(field.number, field.value)
    }
  }

  static func text(
    _ bytes: ArraySlice<UInt8>, _ code: ProximityFormatError.Code
  ) throws(ProximityFormatError) -> String {
    guard bytes.count <= 256, let text = String(validating: bytes, as: UTF8.self) else {
      throw ProximityFormatError(code, "a name in the file is none")
    }
    return text
  }

  static func count(_ value: UInt64) throws(ProximityFormatError) -> Int {
    guard let count = Int32(exactly: value), count >= 0 else {
      throw ProximityFormatError(.badExport, "a number in the file is too large")
    }
    return Int(count)
  }

  static func wrongType(_ code: ProximityFormatError.Code) -> ProximityFormatError {
    ProximityFormatError(code, "a field of the file is of another type than it should be")
  }
}
