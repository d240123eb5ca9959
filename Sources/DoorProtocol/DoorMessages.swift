internal import FoundationEssentials
public import VenueCodes

/// What a door sends to be enrolled.
public struct EnrolmentRequest: Hashable, Sendable {
  /// The one-time code.
  public let code: DoorCode
  /// The door's key of signatures.
  public let key: Ed25519.PublicKey
  /// The door's key of encryption, 32 bytes.
  public let boxKey: [UInt8]

  private struct Form: Codable {
    var code: String
    var key: String
    var box_key: String
    var proof: String
  }

  /// Returns the JSON, with the proof that the door has the secret half of its key.
  ///
  /// - Parameters:
  ///   - code: The one-time code.
  ///   - key: The door's key.
  ///   - boxKey: The public half of its key of encryption.
  /// - Returns: The bytes to send.
  public static func json(code: DoorCode, key: Ed25519.SigningKey, boxKey: [UInt8]) -> [UInt8] {
    let message = proofMessage(code, key.publicKey, boxKey)
    let form = Form(
      code: code.text, key: Data(key.publicKey.rawRepresentation).base64EncodedString(),
      box_key: Data(boxKey).base64EncodedString(),
      proof: Data(key.signature(for: message.span)).base64EncodedString())
    return DoorJSON.bytes(of: form)
  }

  /// Reads the JSON and checks the proof.
  ///
  /// - Throws: `badAnswer` for what is no request, `badCode`, `badSignature`.
  public init(json: [UInt8]) throws(DoorProtocolError) {
    guard json.count <= 2_048, let form = try? JSONDecoder().decode(Form.self, from: Data(json)),
      let key = DoorJSON.key(form.key), let box = Data(base64Encoded: form.box_key),
      box.count == SealedBox.publicKeyLength, let proof = Data(base64Encoded: form.proof)
    else { throw .badAnswer }
    self.code = try DoorCode(form.code)
    self.key = key
    self.boxKey = Array(box)
    let message = EnrolmentRequest.proofMessage(code, key, boxKey)
    guard key.isValid(signature: Array(proof).span, for: message.span) else {
      throw .badSignature
    }
  }

  private static func proofMessage(
    _ code: DoorCode, _ key: Ed25519.PublicKey, _ boxKey: [UInt8]
  ) -> [UInt8] {
    Array("checkin/door/enrol/v1\0".utf8) + code.hash + key.rawRepresentation + boxKey
  }
}

/// What the centre answers to an enrolment.
public struct EnrolmentAnswer: Hashable, Sendable {
  /// The number by which the door signs from now on.
  public var door: Int64
  /// The name that the centre gave it.
  public var name: String
  /// Its venues; see `DoorScope.text`.
  public var scope: String
  /// The key that signs what the centre says.
  public var centreKey: Ed25519.PublicKey

  /// Makes an answer.
  public init(door: Int64, name: String, scope: String, centreKey: Ed25519.PublicKey) {
    self.door = door
    self.name = name
    self.scope = scope
    self.centreKey = centreKey
  }

  private struct Form: Codable {
    var door: Int64
    var name: String
    var scope: String
    var centre_key: String
  }

  /// The JSON of it.
  public var json: [UInt8] {
    DoorJSON.bytes(
      of: Form(
        door: door, name: name, scope: scope,
        centre_key: Data(centreKey.rawRepresentation).base64EncodedString()))
  }

  /// Reads the JSON of it.
  ///
  /// - Throws: `badAnswer`.
  public init(json: [UInt8]) throws(DoorProtocolError) {
    guard let form = try? JSONDecoder().decode(Form.self, from: Data(json)), form.door > 0,
      form.name.utf8.count <= 64, let key = DoorJSON.key(form.centre_key)
    else { throw .badAnswer }
    self.init(door: form.door, name: form.name, scope: form.scope, centreKey: key)
  }
}

/// What the centre answers to `GET /registry`: the signed manifest, how to get there, and the secrets
/// of the door in a box that only it opens.
public struct BundleAnswer: Hashable, Sendable, Codable {
  /// The signed manifest, as it is kept.
  public var manifest: String
  /// What changed.
  public var delta: BundleDelta
  /// The door's secrets as a sealed box in base64.
  public var box: String
  /// Since when the centre's store is as it is; nil when it did not say.
  ///
  /// See `BatchAnswer.epoch`.
  public var epoch: String?

  /// Makes an answer.
  public init(manifest: String, delta: BundleDelta, box: [UInt8], epoch: String? = nil) {
    self.epoch = epoch
    self.manifest = manifest
    self.delta = delta
    self.box = Data(box).base64EncodedString()
  }

  /// The sealed box; nil when it is no base64.
  public var boxBytes: [UInt8]? { Data(base64Encoded: box).map { Array($0) } }

  /// The JSON of it.
  public var json: [UInt8] { DoorJSON.bytes(of: self) }

  /// Reads the JSON of it.
  ///
  /// - Throws: `badAnswer`.
  public init(json: [UInt8]) throws(DoorProtocolError) {
    guard let answer = try? JSONDecoder().decode(BundleAnswer.self, from: Data(json)),
      answer.epoch.map({ $0.utf8.count <= 64 }) ?? true
    else { throw .badAnswer }
    self = answer
  }
}

/// JSON with its keys in order.
enum DoorJSON {
  static func bytes(of value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { Array($0) } ?? []
  }

  static func key(_ text: String) -> Ed25519.PublicKey? {
    Data(base64Encoded: text).flatMap { try? Ed25519.PublicKey(rawRepresentation: Array($0)) }
  }
}
