public import Presence
public import VenueCodes

extension EvidenceID {
  /// Makes the id under which an unproved receipt is kept: a digest of all its bytes and the way.
  ///
  /// The store keeps neither the receipt's authentication nor the pseudonym that it shows. Who has the
  /// check-in's secret makes the receipt of the step again, and finds by this id whether it is the one
  /// that was shown; a forged one of the same step is another row.
  public init(ofReceipt receipt: CheckInReceipt, kind: Evidence.Kind) {
    var digest = ContentDigest(domain: "checkin/evidence/receipt/v1")
    let bytes = receipt.bytes
    digest.append(bytes.span)
    digest.append(Int64(kind.rawValue))
    let (high, low) = digest.finish()
    self.init(contentDigest: high, low)
  }
}
