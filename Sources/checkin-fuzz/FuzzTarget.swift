/// A parser under attack: what is fed to it, and what must hold for anything it is fed.
struct FuzzTarget: Sendable {
  /// The name on the command line.
  let name: String

  /// Inputs that the parser takes, from which random ones are made.
  let examples: [[UInt8]]

  /// Feeds one input; traps when a property does not hold.
  let run: @Sendable ([UInt8]) -> Void

  init(
    _ name: String, examples: [[UInt8]] = [], run: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.name = name
    self.examples = examples
    self.run = run
  }

  /// Every target, one line each.
  static let all: [FuzzTarget] = [
    .carrier, .venueCode, .verifier, .venueID, .localDay, .urlPrefix, .publicKey, .keySet,
    .sealedBytes, .scannedCode, .rotatingCode, .screenBatch, .visitorPass, .receipt, .judge,
    .screenSetup, .recordReader, .jsonRow, .delimitedWriter, .formulaGuard, .registryFiles,
    .registryImport, .openingHours, .zoneFile, .time, .evidenceID, .ruleSet, .visits, .scans,
    .encounters, .cases, .riskRuleSet, .exposureWindows,
    .door, .picture, .jpeg, .pictureFile, .video, .sheetLanguage, .inputFile,
    .words, .evidenceFrame,
    .foreignCode, .foreignNHS, .foreignNewZealand, .foreignClea, .foreignLeaveHomeSafe,
    .foreignPCCovid, .citizenCard, .personalCode, .insuranceCard, .traceLocation, .typedInput,
    .backupManifest, .columnFile, .segmentManifest, .campaignText, .spokenWords,
    .campaignSettings, .sightings, .keys, .radioIdentifier, .bluezoneUpload, .openTraceUpload,
    .keyExport, .keySignatures, .deviceModels, .serverKeys, .contactList, .zipMember,
    .evidenceBatch, .evidenceLines, .doorMessages, .doorBundle,
    .jsonValue, .packedBody, .gatewaySettings, .gatewayRequest,
    .contactBox, .contactKeys, .contactRequest, .uploadRequest,
    .typedSecrets, .checkpoints, .pageCursor, .signInBody,
  ]

  /// The target of a name, or nil when there is none.
  static func named(_ name: String) -> FuzzTarget? {
    all.first { $0.name == name }
  }

  /// Stops the program when a property does not hold, which is what a fuzzer looks for.
  ///
  /// It is also what keeps the optimizer from deleting a parser whose result nobody uses.
  static func require(_ holds: Bool, _ property: String) {
    if !holds { fatalError("property broken: \(property)") }
  }
}
