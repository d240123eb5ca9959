public import DelimitedText

/// How loud models of phones are, measured at two metres.
///
/// Phones of different models are heard with strengths that are 20 dB apart at the same distance,
/// which is the difference between half a metre and five. Where the model is known, that is
/// corrected; where it is not, the uncertainty says so.
public struct DeviceModels: Sendable {
  /// One model.
  public struct Model: Hashable, Sendable {
    /// Who makes it.
    public let manufacturer: String
    /// The name it is sold under.
    public let name: String
    /// What the phone itself says it is.
    public let model: String
    /// The strength with which it is heard at two metres, in dBm.
    public let strengthAtTwoMetres: Double
    /// Where the figure is from.
    public let source: String
  }

  /// An attenuation and how far it may be from the right one for reasons that do not change from one
  /// sighting of a pair to the next.
  ///
  /// Fading, bodies and pockets, which do change, are not in the uncertainty.
  public struct Estimate: Hashable, Sendable {
    /// The attenuation in dB, at least 0.
    public let decibels: Int16
    /// One standard deviation in dB.
    public let uncertainty: UInt8

    /// Makes an estimate of its parts.
    public init(decibels: Int16, uncertainty: UInt8) {
      self.decibels = decibels
      self.uncertainty = uncertainty
    }
  }

  /// The columns of the file.
  public static let fields: [TableField] = [
    TableField("manufacturer", isRequired: true), TableField("name", isRequired: true),
    TableField("model", isRequired: true), TableField("dbm_at_2m", isRequired: true),
    TableField("source", isRequired: true),
  ]

  /// What an attenuation of two metres is taken to be where no transmit power is known, in dB.
  ///
  /// In free space a signal of 2.44 GHz loses 46.2 dB on two metres; about 4.4 dB in each of two
  /// phones' antennas make 55, which is also the limit that the first rules of exposure
  /// notification put at "nearer than about two metres".
  public static let attenuationAtTwoMetres: Double = 55

  /// How far off a known model is, in dB: the figures are of one phone of a model, held one way.
  public static let uncertaintyOfKnownModel: Double = 3

  /// What a receiver of unknown model adds, in dB.
  ///
  /// How much receivers differ is not in the table. Antennas work alike in both directions, but
  /// receivers have no transmit power that makers choose, so it is less than the spread of senders.
  public static let uncertaintyOfReceiver: Double = 3

  /// The mean strength that is assumed where the table has fewer than two models, in dBm.
  public static let usualStrength: Double = -60

  /// The spread that is assumed where the table has fewer than two models, in dB.
  public static let usualSpread: Double = 5.5

  /// The models, in the order of the file.
  public let models: [Model]
  /// The mean strength of the models, in dBm.
  public let meanStrength: Double
  /// The standard deviation of the models, in dB.
  public let spread: Double

  private let byName: [String: Double]

  /// A table without models: every phone is unknown.
  public static let none: DeviceModels = DeviceModels(models: [])

  init(models: [Model]) {
    self.models = models
    var sums: [String: (sum: Double, count: Double)] = [:]
    for model in models {
      let names: Set = [
        Self.key(model.model), Self.key(model.name), Self.key(model.manufacturer + model.name),
        Self.key(model.manufacturer + model.model),
      ]
      for name in names {
        let known = sums[name] ?? (0, 0)
        sums[name] = (known.sum + model.strengthAtTwoMetres, known.count + 1)
      }
    }
    byName = sums.mapValues { $0.sum / $0.count }
    if models.count >= 2 {
      let count = Double(models.count)
      let mean = models.reduce(0) { $0 + $1.strengthAtTwoMetres } / count
      let squares = models.reduce(0) {
        $0 + ($1.strengthAtTwoMetres - mean) * ($1.strengthAtTwoMetres - mean)
      }
      meanStrength = mean
      spread = (squares / (count - 1)).squareRoot()
    } else {
      meanStrength = Self.usualStrength
      spread = Self.usualSpread
    }
  }

  /// Reads the file.
  ///
  /// - Parameter bytes: A table with the columns of `fields`.
  /// - Throws: `ProximityFormatError.Code.badModels` that says what is wrong, and in which line.
  public init(_ bytes: [UInt8]) throws(ProximityFormatError) {
    var reader = RecordReader(fields: Self.fields)
    var models: [Model] = []
    var failure: ProximityFormatError?
    do throws(TableError) {
      try reader.readAll(bytes) { record, fault in
        guard failure == nil else { return }
        if let fault {
          failure = ProximityFormatError(.badModels, "\(fault)")
          return
        }
        let strength = RadioNumber.decimal(record.trimmed(3))
        let texts = [0, 1, 2, 4].map { String(decoding: record.trimmed($0), as: UTF8.self) }
        guard let strength, (-100...0).contains(strength), !Self.key(texts[2]).isEmpty else {
          failure = ProximityFormatError(
            .badModels,
            "line \(record.line): a model needs its name and dbm_at_2m, a number from -100 to 0")
          return
        }
        models.append(
          Model(
            manufacturer: texts[0], name: texts[1], model: texts[2], strengthAtTwoMetres: strength,
            source: texts[3]))
      }
    } catch {
      throw ProximityFormatError(.badModels, "\(error)")
    }
    if let failure { throw failure }
    self.init(models: models)
  }

  /// Returns the strength at two metres of a model by any of its names, in dBm; nil when it is not in
  /// the table.
  public func strength(of model: String?) -> Double? {
    model.flatMap { byName[Self.key($0)] }
  }

  /// Returns the attenuation of a signal that was heard.
  ///
  /// With a transmit power it is that minus the strength, plus how much louder than the mean the
  /// model is; without one, `attenuationAtTwoMetres` plus how much weaker than at two metres it was
  /// heard. The uncertainty is smallest where both models are known, and largest where nothing is,
  /// as with Bluezone, which states neither power nor model.
  ///
  /// - Parameters:
  ///   - strength: What was measured, in dBm.
  ///   - power: What the sender says it sent with, in dBm; nil when it does not say.
  ///   - sender: The sender's model, by any of its names.
  ///   - receiver: The receiver's model, by any of its names.
  /// - Returns: The estimate, or nil when more was heard than was sent.
  public func attenuation(
    ofStrength strength: Int, power: Int?, sender: String?, receiver: String?
  ) -> Estimate? {
    let known = self.strength(of: sender)
    let lost: Double
    if let power {
      let corrected = Double(power - strength) + (known.map { $0 - meanStrength } ?? 0)
      // A loud model may be corrected to below nothing; figures that changed places are far below.
      guard power >= strength else { return nil }
      lost = corrected
    } else {
      lost = Self.attenuationAtTwoMetres + (known ?? meanStrength) - Double(strength)
    }
    // Rounded up, as with every attenuation: a rule asks whether it is at most a whole number.
    return Estimate(
      decibels: Int16(min(max(lost.rounded(.up), 0), 200)),
      uncertainty: uncertainty(isPowerKnown: power != nil, sender: sender, receiver: receiver))
  }

  /// Returns how far off an attenuation may be for all sightings of a pair alike, in dB.
  ///
  /// - Parameters:
  ///   - isPowerKnown: Whether the sender says what it sent with.
  ///   - sender: The sender's model, if it was corrected for.
  ///   - receiver: The receiver's model.
  /// - Returns: One standard deviation, rounded up.
  public func uncertainty(isPowerKnown: Bool, sender: String?, receiver: String?) -> UInt8 {
    let isSenderKnown = strength(of: sender) != nil
    var variance = Self.uncertaintyOfKnownModel * Self.uncertaintyOfKnownModel
    if !isSenderKnown { variance += spread * spread }
    // Without the model a power that is not stated may be any that an app can choose.
    if !isSenderKnown, !isPowerKnown { variance += spread * spread }
    if strength(of: receiver) == nil {
      variance += Self.uncertaintyOfReceiver * Self.uncertaintyOfReceiver
    }
    return UInt8(min(variance.squareRoot().rounded(.up), 40))
  }

  /// Names are compared by their letters and digits.
  private static func key(_ name: some StringProtocol) -> String {
    String(String.UnicodeScalarView(name.lowercased().unicodeScalars.filter(isLetterOrDigit)))
  }

  private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "+"
  }
}
