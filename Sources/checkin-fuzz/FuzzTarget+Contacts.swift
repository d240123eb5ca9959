import GatewayServer
import Presence
import SealedContacts
import SyntheticCity
import VenueCodes

extension FuzzTarget {
  /// A phone's text to a box: what is read must be written the same again.
  static let contactBox = FuzzTarget("contact-box", examples: ContactSamples.texts) { input in
    let text = String(decoding: input, as: UTF8.self)
    guard let box = try? ContactBox(text: text) else { return }
    require(box.text == text, "one box, one spelling")
    guard let key = ContactSamples.key, let place = ContactSamples.place,
      let details = try? box.opened(with: key, of: place)
    else { return }
    require(details.phone.hasPrefix("+"), "what opens is what a sound program sealed")
  }

  /// A file to the health authority's public keys: it must be written so that it reads back equal.
  static let contactKeys = FuzzTarget("contact-keys", examples: ContactSamples.keys) { input in
    guard let keys = try? ContactKeySet(json: input) else { return }
    let again = try? ContactKeySet(json: keys.json)
    require(again == keys, "keys read as they are written")
  }

  /// The body of a request to a box.
  static let contactRequest = FuzzTarget("contact-request", examples: ContactSamples.bodies) {
    input in
    guard let wanted = try? ContactRequest(input) else { return }
    require(wanted.box.bytes.count == ContactBox.length, "a box has its length")
  }

  /// The body of an upload: filled up to its length, so that what is in it is looked at.
  static let uploadRequest = FuzzTarget("upload-request", examples: ContactSamples.uploads) {
    input in
    let body =
      input + [UInt8](repeating: 0x20, count: max(0, UploadRequest.length - input.count))
    guard let upload = try? UploadRequest(body) else { return }
    require(upload.checkIns.count <= UploadRequest.mostCheckIns, "no more than are taken")
    require(!upload.isDummy || upload.code == nil, "a dummy has no code")
    if let code = upload.code {
      require(OneTimeCode(code.text) == code, "the same code again")
    }
  }
}

/// Good inputs, always the same ones, made with a key that everybody knows.
private enum ContactSamples {
  static let key: X25519.PrivateKey? = {
    let bytes = Array(UInt8(0)..<32)
    guard let secret = try? SecretBytes(copying: bytes.span) else { return nil }
    return try? X25519.PrivateKey(rawRepresentation: secret)
  }()

  static let place: ContactPlace? = VenueID(rawValue: 412_836_378_624).map {
    ContactPlace(venue: $0, evidence: EvidenceID(high: 0x0198_0000_0000_7abc, low: 1 << 63))
  }

  static let published: ContactKey? = key.map { ContactKey(publicKey: $0.publicKey, madeAt: 0) }

  static let texts: [[UInt8]] = {
    var generator = SeededGenerator(seed: 0)
    guard let published, let place, let details = try? ContactDetails(phone: "+84912345678"),
      let box = try? ContactBox(sealing: details, of: place, to: published, using: &generator)
    else { return [] }
    return [Array(box.text.utf8)]
  }()

  static let keys: [[UInt8]] = published.map { [ContactKeySet([$0]).json] } ?? []

  static let bodies: [[UInt8]] = texts.map { text in
    Array("{\"venue\":\"C4C6BHFZC\",\"contact\":\"".utf8) + text + Array("\"}".utf8)
  }

  static let uploads: [[UInt8]] = [
    Array(#"{"code":"7K3M-9QRT-V2XW-ABCD","check_ins":[{"secret":""#.utf8)
      + [UInt8](repeating: 0x41, count: 43)
      + Array(
        #"","check_in":"AAAAAAAAAAAAAA","venue":"C4C6BHFZC","at":"2020-08-06T09:00:00Z"}]}"#.utf8),
    Array(#"{"code":null,"check_ins":[],"padding":"00"}"#.utf8),
  ]
}
