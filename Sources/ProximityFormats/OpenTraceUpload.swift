internal import FoundationEssentials

/// What a phone with OpenTrace, or another app of the BlueTrace protocol, sends of its history.
///
/// A record does not say whether the phone that sends it measured or was measured: in both cases the
/// strength is that with which the central heard the peripheral (`modelC`, `modelP`), so that the
/// peripheral's model is always the sender's. What the server adds, that a record is not valid and
/// why, is kept. The upload's token and the events of the app are passed over.
public struct OpenTraceUpload: Sendable {
  /// What was heard, with the number of its record, from 1.
  public private(set) var sightings: [(record: Int, sighting: RadioSighting)] = []
  /// The first records that cannot be read, and why; see `maximumRefusedCount`.
  public private(set) var refused: [RefusedRecord] = []
  /// How many more records cannot be read.
  public private(set) var furtherRefusedCount = 0

  /// A record that cannot be read.
  public struct RefusedRecord: Hashable, Sendable {
    /// Its number, from 1.
    public let record: Int
    /// What stands in `timestamp`, `msg`, `modelC`, `modelP`, `rssi`, `txPower`, `org`.
    public let cells: [String]
    /// The name of the field at fault.
    public let column: String?
    /// What is wrong.
    public let error: ProximityFormatError
  }

  /// The fields of a record that are read; the app's database has columns of the same names.
  public static let columns: [String] = [
    "timestamp", "msg", "modelC", "modelP", "rssi", "txPower", "org",
  ]

  /// The largest upload that is read, in bytes: some 60,000 records, of which a phone writes a few
  /// hundred a day.
  public static let maximumLength: Int = 16 << 20

  /// The records that cannot be read of which it is said why; of more there is a count.
  public static let maximumRefusedCount: Int = 10_000

  private static let longestModel = 128

  private struct File: Decodable {
    var records: [Record]
  }

  private struct Record: Decodable {
    var timestamp: RadioNumber?
    var msg: String?
    var modelC: String?
    var modelP: String?
    var rssi: RadioNumber?
    var txPower: RadioNumber?
    var org: String?
    var isValid: Bool?
    var invalidReason: String?

    enum CodingKeys: String, CodingKey {
      case timestamp, msg, modelC, modelP, rssi, txPower, org, isValid, invalidReason
    }

    /// Reads what can be read: a field of another type is one that is not there.
    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      timestamp = try? fields.decode(RadioNumber.self, forKey: .timestamp)
      msg = try? fields.decode(String.self, forKey: .msg)
      modelC = try? fields.decode(String.self, forKey: .modelC)
      modelP = try? fields.decode(String.self, forKey: .modelP)
      rssi = try? fields.decode(RadioNumber.self, forKey: .rssi)
      txPower = try? fields.decode(RadioNumber.self, forKey: .txPower)
      org = try? fields.decode(String.self, forKey: .org)
      isValid = try? fields.decode(Bool.self, forKey: .isValid)
      invalidReason = try? fields.decode(String.self, forKey: .invalidReason)
    }

    var cells: [String] {
      func text(_ number: RadioNumber?) -> String { number.map { "\($0.value)" } ?? "" }
      return [
        text(timestamp), msg ?? "", modelC ?? "", modelP ?? "", text(rssi), text(txPower),
        org ?? "",
      ]
    }
  }

  /// Reads an upload.
  ///
  /// - Parameter bytes: The file.
  /// - Throws: `ProximityFormatError` when it is none; a record that cannot be read does not stop the
  ///   others.
  public init(_ bytes: [UInt8]) throws(ProximityFormatError) {
    guard bytes.count <= Self.maximumLength else {
      throw ProximityFormatError(
        .tooLarge, "an upload of OpenTrace has \(Self.maximumLength >> 20) MiB at most")
    }
    guard let file = JSONFile.value(File.self, in: bytes[...]) else {
      throw ProximityFormatError(
        .badJSON, "the file is not the JSON object with a list \"records\" that OpenTrace writes")
    }
    for (place, record) in file.records.enumerated() {
      var column: String?
      do throws(ProximityFormatError) {
        sightings.append((place + 1, try Self.sighting(record, column: &column)))
      } catch {
        guard refused.count < Self.maximumRefusedCount else {
          furtherRefusedCount += 1
          continue
        }
        refused.append(
          RefusedRecord(record: place + 1, cells: record.cells, column: column, error: error))
      }
    }
  }

  private static func sighting(
    _ record: Record, column: inout String?
  ) throws(ProximityFormatError) -> RadioSighting {
    column = "timestamp"
    guard let time = record.timestamp, let second = RadioClock.unixSeconds(time.value) else {
      throw ProximityFormatError(
        .badTime, "timestamp is no moment: it should be milliseconds or seconds since 1970")
    }
    column = "rssi"
    let strength = try RadioNumber.strength(record.rssi?.value, column: "rssi")
    column = "txPower"
    let power = try RadioNumber.power(record.txPower?.value, column: "txPower")
    column = "modelC"
    let receiving = try model(record.modelC, "modelC")
    column = "modelP"
    let sending = try model(record.modelP, "modelP")
    column = "msg"
    let message = record.msg ?? ""
    let heard = TemporaryID(base64: Array(message.utf8)[...])
    var fault: RadioSighting.Fault?
    if message.isEmpty {
      fault = .noIdentifier
    } else if heard == nil {
      // Other versions of the protocol have ids of other lengths, which nothing here opens.
      fault = .unreadable
    } else if record.isValid == false {
      fault = record.invalidReason.flatMap { RadioSighting.Fault(rawValue: $0) } ?? .unreadable
    }
    return RadioSighting(
      heard: heard.map { .temporary($0) }, second: second, receivedStrength: strength,
      transmitPower: power, receivingModel: receiving, sendingModel: sending, fault: fault)
  }

  private static func model(
    _ text: String?, _ column: String
  ) throws(ProximityFormatError) -> String? {
    guard let text, !text.isEmpty else { return nil }
    guard text.utf8.count <= longestModel else {
      throw ProximityFormatError(
        .badIdentifier, "\(column) is longer than \(longestModel) bytes")
    }
    return text
  }
}
