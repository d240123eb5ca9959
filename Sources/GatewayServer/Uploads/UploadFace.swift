internal import EvidenceIntake
public import ExposureStorage
internal import JSONText
internal import Presence
internal import VenueCodes

/// Uploads of a case's phone: `POST /uploads`.
///
/// The check-ins of a phone are each under a pseudonym of their own. Health staff give a one-time code to
/// the person of a case; with it the phone shows the secrets of its check-ins, and they become the
/// person's. Any phone may send a dummy at any time: it has the same length, and so has the answer, so
/// that who only sees the line cannot tell who is ill.
public final class UploadFace: Face {
  /// How many uploads may come.
  public struct Limits: Hashable, Sendable {
    /// Of one address; many phones of a network may share it.
    public var client = RateLimit(burst: 20, perSecond: 0.05)
    /// Of all together.
    public var overall = RateLimit(burst: 300, perSecond: 5)

    /// Makes the defaults.
    public init() {}
  }

  /// How long a code can be used, in seconds: three days.
  public static let codeLifetimeSeconds: Int64 = 72 * 3_600
  /// The bytes of every answer to an upload that is not refused as a whole.
  public static let answerLength = 16_384

  private let deployment: Deployment
  private let clients: TokenBuckets
  private let overall: TokenBuckets
  private let taken: Metrics.Counter
  private let refused: Metrics.Counter

  /// Makes the face.
  ///
  /// - Parameters:
  ///   - deployment: What faces share.
  ///   - limits: What may come of whom.
  public init(_ deployment: Deployment, limits: Limits = Limits()) {
    self.deployment = deployment
    func seed() -> UInt64 { deployment.random(8).reduce(0) { $0 << 8 | UInt64($1) } }
    clients = TokenBuckets(limits.client, seed: seed())
    overall = TokenBuckets(limits.overall, capacity: 4, seed: seed())
    func counter(_ outcome: String) -> Metrics.Counter {
      deployment.metrics.counter(
        "checkin_uploads_total", "Uploads, dummies among them, by what became of them",
        [("outcome", outcome)])
    }
    // Dummies are not told apart: who sees the figures does not see them either.
    taken = counter("answered")
    refused = counter("refused")
  }

  /// The routes.
  public var routes: [Route] {
    [
      Route(
        .post, "/uploads", access: .anyone, operation: UploadFace.operation, work: .queued,
        maximumBody: UploadRequest.length,
        answer: { [self] request in
          do {
            let answer = try take(request)
            taken.add()
            return answer
          } catch {
            refused.add()
            throw error
          }
        })
    ]
  }

  /// Makes a code for a case, keeps its hash, and notes it in the audit log.
  ///
  /// - Parameters:
  ///   - id: The case.
  ///   - store: The store.
  ///   - generator: What the code is made of.
  ///   - note: Who makes it, and when.
  /// - Returns: The code, which is kept nowhere, and until when it is good.
  /// - Throws: `unknownCase` when there is no such case or it is closed.
  public static func makeCode(
    ofCase id: String, in store: ExposureStore, using generator: inout some RandomNumberGenerator,
    note: AuditNote
  ) throws(StoreError) -> (code: String, expiresAt: Int64) {
    let code = OneTimeCode(using: &generator)
    let expiresAt = note.at + codeLifetimeSeconds
    try store.addUploadCode(
      hash: hash(of: code), ofCase: id, expiresAt: expiresAt, at: note.at, note: note)
    return (code.text, expiresAt)
  }

  static func hash(of code: OneTimeCode) -> [UInt8] {
    code.hash(domain: "checkin/upload/code/v1")
  }

  private static let wrongCode = Problem(
    code: "upload-code", status: 403, title: "The code is not good",
    detail: "it is wrong, was used, or is past its time: have a new one made")

  private func take(_ request: HTTPRequest) throws -> HTTPResponse {
    // Before anything is looked at, so that a guess counts whatever it is.
    let time = MonotonicClock.milliseconds
    let network = request.client.network
    if let seconds = clients.take(network.high, network.low, at: time)
      ?? overall.take(0, 0, at: time)
    {
      throw Problem.tooMany("so many uploads in so short a time are not taken", retryAfter: seconds)
    }
    let upload = try UploadRequest(request.body)
    if upload.isDummy { return answer([]) }
    guard let code = upload.code else { throw UploadFace.wrongCode }
    do {
      return try judge(upload, codeHash: UploadFace.hash(of: code), at: request.receivedSecond)
    } catch let error as StoreError {
      deployment.log.error("upload-failed", [("code", error.code.rawValue)])
      throw Problem(error)
    }
  }

  private func judge(
    _ upload: UploadRequest, codeHash hash: [UInt8], at now: Int64
  ) throws -> HTTPResponse {
    let store = deployment.store
    guard let record = try store.caseOfUploadCode(hash: hash, at: now) else {
      throw UploadFace.wrongCode
    }
    let kept = try store.retentionPolicy().scans
    let judge = UploadJudge(
      now: now, firstDay: deployment.calendar.day(of: now).advanced(by: -kept),
      calendar: deployment.calendar, hash: deployment.snapshot.intake.subjectHash)
    var scans: [Pseudonym: [Evidence]] = [:]
    if let days = judge.days(of: upload.checkIns) {
      let people = Set(upload.checkIns.filter(\.fits).map { judge.pseudonym(of: $0) })
      scans = try store.scans(of: people, from: days.lowerBound, to: days.upperBound)
    }
    var judgements = judge.judge(upload.checkIns, scans: scans)
    let good = judgements.filter { $0.finding == .taken }
    let note = AuditNote(
      at: now, actor: "upload", action: "case upload", object: record.id,
      purpose: "case \(record.id)", detail: UploadFace.words(for: judgements))
    guard
      let outcome = try store.takeUpload(
        of: Set(good.map(\.pseudonym)), codeHash: hash, at: now, note: note)
    else { throw UploadFace.wrongCode }
    // After the links, so that a proof is never there without the person whose it is. What is lost with
    // the power between the two is that a receipt counts, and not a check-in.
    let proved = good.filter { outcome.linked.contains($0.pseudonym) }.flatMap(\.proved)
    if !proved.isEmpty { _ = try store.append(proved) }
    for place in judgements.indices where judgements[place].finding == .taken {
      if outcome.others.contains(judgements[place].pseudonym) {
        judgements[place].finding = .otherPerson
      }
    }
    return answer(judgements)
  }

  /// What the audit log says of an upload: numbers, and nobody's check-in.
  private static func words(for judgements: [UploadJudge.Judgement]) -> String {
    var words = UploadJudge.Finding.allCases.compactMap { finding -> String? in
      let count = judgements.count { $0.finding == finding }
      return count > 0 ? "\(count) \(finding.rawValue)" : nil
    }
    let overlaps = judgements.count { $0.overlaps }
    if overlaps > 0 { words.append("\(overlaps) at two venues at once") }
    return words.isEmpty ? "no check-ins" : words.joined(separator: ", ")
  }

  /// The answer, of one length whatever it says.
  private func answer(_ judgements: [UploadJudge.Judgement]) -> HTTPResponse {
    func bytes(padding: Int) -> [UInt8] {
      var json = JSONWriter()
      json.object {
        $0.field("taken", judgements.count { $0.finding == .taken })
        $0.key("check_ins")
        $0.array(judgements) { json, judgement in
          json.object {
            $0.field("finding", judgement.finding.rawValue)
            $0.field("overlaps", judgement.overlaps)
          }
        }
        $0.field("padding", String(repeating: "0", count: padding))
      }
      return Array(json.bytes)
    }
    let short = bytes(padding: 0).count
    return HTTPResponse.json(bytes(padding: max(0, UploadFace.answerLength - short)))
      .adding("Cache-Control", "no-store, no-transform")
  }

  private static let operation = Operation(
    "upload", "Takes the check-ins of a case's phone, with a one-time code",
    discussion: """
      Every body has 32,768 bytes and every answer 16,384: the rest is `padding`. Without a code it is a \
      dummy, which is answered alike. Each check-in is judged by itself. A code that is wrong, used or \
      past its time has one and the same answer. Guesses are counted before they are looked at.
      """,
    tag: "visitors",
    body: .json(
      .object([
        Schema.Member(
          "code", .optional(.string(length: 0...64)), isRequired: false,
          "The one-time code; none in a dummy"),
        Schema.Member(
          "check_ins",
          .list(
            .object([
              Schema.Member(
                "secret", .string(pattern: "^[A-Za-z0-9_-]{43}$"), "The secret, base64url"),
              Schema.Member(
                "check_in", .string(pattern: "^[A-Za-z0-9_-]{14}$"), "The pseudonym, base64url"),
              Schema.Member("venue", .string(length: 9...16), "The venue's id"),
              Schema.Member("at", .string(format: "date-time"), "When it was"),
            ]), most: UploadRequest.mostCheckIns)),
        Schema.Member("padding", .string(), isRequired: false, "Anything"),
      ])),
    responses: [
      Operation.Response(
        200, "Each check-in was judged, or it was a dummy",
        .json(
          .object([
            Schema.Member("taken", .integer(0...200), "How many are the person's now"),
            Schema.Member(
              "check_ins",
              .list(
                .object([
                  Schema.Member("finding", .word(UploadJudge.Finding.allCases.map(\.rawValue))),
                  Schema.Member(
                    "overlaps", .boolean, "Whether the phone was at two venues at once"),
                ]), most: UploadRequest.mostCheckIns), "In the order in which they were sent"),
            Schema.Member("padding", .string(), "What makes all answers equally long"),
          ])))
    ], problems: [403, 422, 429, 503, 507])
}
