internal import CommandKit
internal import ExposureAnswers
internal import ExposureStorage
internal import JSONText
internal import Presence
internal import SealedContacts
internal import Tracing
internal import VenueCodes

/// `checkin contact list`: says of whom there are contact details, without opening any.
struct ContactListCommand: Sendable {
  var caseID = Required<String>()

  static let command = Command(
    "list", "Says for which contacts of a case there are sealed contact details",
    ContactListCommand(),
    [.option("--case", \.caseID, value: "ID", help: "The case")],
    discussion: "It opens nothing. It is a question about a case and lands in the audit log.",
    examples: [Example("checkin contact list --case BN-749", "See who can be called")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store()
    let id = caseID.wrappedValue
    let found = try workspace.contacts(ofCase: id, in: store)
    try store.audit(
      context.auditNote(
        "contact list", id, purpose: "case \(id)",
        detail: counted(found.count, "sealed contact")))
    if context.json {
      var lines = JSONLines(to: context.output)
      for contact in found {
        try lines.object { ContactText.write(contact, in: store.calendar, to: &$0) }
      }
      try lines.finish()
    } else {
      var table = Table([
        .whole("Evidence"), .whole("Venue"), .whole("Day"), .whole("Key"), .whole("Received"),
      ])
      for contact in found {
        table.append(
          "\(contact.place.evidence)", "\(contact.place.venue)", "\(contact.day)",
          "\(contact.box.keyID)", ISO8601.format(contact.receivedAt, in: store.calendar))
      }
      try context.output.table(table)
    }
    try store.close()
    return .done
  }
}

/// `checkin contact open`: opens sealed contact details with the health authority's key.
struct ContactOpenCommand: Sendable {
  var caseID: String?
  var order: String?
  var key = Required<Path>()
  var evidence: [EvidenceWord] = []

  static let command = Command(
    "open", "Opens sealed contact details with the health authority's key", ContactOpenCommand(),
    [
      .option("--case", \.caseID, value: "ID", help: "The case whose contacts are to be called"),
      .option("--order", \.order, value: "TEXT", help: "The order by which others are opened"),
      .option("--key", \.key, value: "FILE", help: "The private key, with its passphrase"),
      .options(
        "--evidence", \.evidence, separatedBy: ",", value: "ID",
        help: "Only those of these check-ins, as `checkin contact list` names them"),
    ],
    shared: .passphrase,
    discussion: """
      With --case it opens details of people who were exposed to that case, and of nobody else. With \
      --order it opens those of the check-ins named with --evidence. What is to be opened, by whom \
      and why is in the audit log before anything is shown.
      """,
    examples: [
      Example(
        "checkin contact open --case BN-749 --key health.key",
        "Get the numbers of a case's contacts"),
      Example(
        "checkin contact open --order 'QD 12/2020' --key health.key "
          + "--evidence 0198f2a4-5f6e-7abc-8123-456789abcdef", "Open one by an order"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let order = order.flatMap { $0.isEmpty ? nil : $0 }
    guard caseID != nil || order != nil else {
      throw UsageError(
        "contact details need a reason", hint: "give --case ID or --order TEXT")
    }
    guard caseID != nil || !evidence.isEmpty else {
      throw UsageError(
        "an order opens single contacts", hint: "name them with --evidence, or give --case")
    }
    let workspace = Workspace(context)
    let store = try workspace.store()
    let found = try boxes(order: order, workspace, store)
    let path = key.wrappedValue.string
    let sealed = try ContactKeyFolder.readPrivate(path)
    let passphrase = try workspace.passphrase(for: path, isNew: false)
    let secret: X25519.PrivateKey
    do {
      secret = try ContactKeyFile.opened(sealed, passphrase: passphrase)
    } catch {
      throw CommandError("\(error)", file: path, code: error.code)
    }
    let purpose = [caseID.map { "case \($0)" }, order.map { "order \($0)" }]
      .compactMap { $0 }.joined(separator: ", ")
    for contact in found {
      try store.audit(
        context.auditNote(
          "contact open", "\(contact.place.evidence)", purpose: purpose,
          detail: "venue \(contact.place.venue), key \(contact.box.keyID)"))
    }
    let calendar = store.calendar
    try store.close()
    return try print(found, with: secret, calendar, context)
  }

  /// The boxes that may be opened for the reason that was given.
  private func boxes(
    order: String?, _ workspace: Workspace, _ store: ExposureStore
  ) throws -> [StoredContact] {
    let wanted = Set(evidence.map(\.id))
    var found: [StoredContact] = []
    if let caseID {
      found = try workspace.contacts(ofCase: caseID, in: store)
      if !wanted.isEmpty { found.removeAll { !wanted.contains($0.place.evidence) } }
    }
    if order != nil {
      let known = Set(found.map(\.place.evidence))
      found += try ContactArchive(at: workspace.context.store).contacts(of: wanted)
        .filter { !known.contains($0.place.evidence) }
    }
    let missing = wanted.subtracting(found.map(\.place.evidence)).sorted()
    if let first = missing.first {
      throw CommandError(
        "there are no contact details of \(first)"
          + (order == nil ? " among the contacts of case \(caseID ?? "")" : ""),
        hint: order == nil
          ? "see `checkin contact list`; others need --order" : "see `checkin contact list`",
        code: "no-contact")
    }
    return found
  }

  private func print(
    _ found: [StoredContact], with secret: X25519.PrivateKey, _ calendar: LocalCalendar,
    _ context: Context
  ) throws -> ExitStatus {
    var lines = JSONLines(to: context.output)
    var table = Table([.whole("Phone"), "Name", .whole("Venue"), .whole("Day"), .whole("Evidence")])
    var failed = 0
    for contact in found {
      let details: ContactDetails
      do {
        details = try contact.box.opened(with: secret, of: contact.place)
      } catch {
        failed += 1
        context.talk.warning("\(contact.place.evidence): \(error)")
        continue
      }
      if context.json {
        try lines.object { json in
          json.field("phone", details.phone)
          json.field("name", details.name)
          ContactText.write(contact, in: calendar, to: &json)
        }
      } else {
        table.append(
          details.phone, details.name ?? "", "\(contact.place.venue)", "\(contact.day)",
          "\(contact.place.evidence)")
      }
    }
    if context.json { try lines.finish() } else { try context.output.table(table) }
    return failed == 0 ? .done : .failed
  }
}

/// The id of a piece of evidence on the command line.
struct EvidenceWord: ArgumentValue {
  let id: EvidenceID

  init(argument: String) throws(InvalidArgument) {
    guard let id = EvidenceID(argument) else { throw InvalidArgument("is no id of evidence") }
    self.id = id
  }

  static var kind: String { "an id of evidence" }
  static var placeholder: String { "ID" }
  var argumentText: String { "\(id)" }
}

/// How sealed contacts are printed.
enum ContactText {
  /// Writes what is known of a box without opening it into an open object.
  static func write(
    _ contact: StoredContact, in calendar: LocalCalendar, to json: inout JSONWriter
  ) {
    json.field("evidence", "\(contact.place.evidence)")
    json.field("venue", "\(contact.place.venue)")
    json.field("day", "\(contact.day)")
    json.field("key", "\(contact.box.keyID)")
    json.field("received_at", ISO8601.format(contact.receivedAt, in: calendar))
  }
}

extension Workspace {
  /// The sealed contact details of people who were exposed to a case, in order of their check-ins.
  func contacts(ofCase id: String, in store: ExposureStore) throws -> [StoredContact] {
    guard let record = try store.caseRecord(id) else { throw CaseText.unknown(id) }
    let today = store.calendar.day(of: context.now())
    let (own, contacts) = try store.evidence(
      of: [try record.confirmedCase()], registry: try registry(),
      rules: try rules(nil, on: today).rules)
    return try ContactArchive(at: context.store).contacts(of: contacts.subtracting(own))
  }
}
