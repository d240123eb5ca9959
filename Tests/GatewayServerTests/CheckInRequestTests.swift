import EvidenceIntake
import Testing

@testable import GatewayServer

@Suite("The body of a check-in")
struct CheckInRequestTests {
  @Test("All members are read")
  func reads() throws {
    let request = try CheckInRequest(
      Array(
        """
        {"code":"C4C6BHFZC","direction":"out","proof":"AAAAAAAAAAAAAAAAAAAAAA",
        "id":"01890000-0000-7000-8000-000000000001","scanned_at":"2020-08-06T09:00:00+07:00"}
        """.utf8))
    #expect(request.code == Array("C4C6BHFZC".utf8))
    #expect(request.direction == .outward)
    #expect(request.scannedAt == 1_596_679_200)
    guard case .checkIn(_, let isProved)? = request.visitor else {
      Issue.record("the proof was not read")
      return
    }
    #expect(isProved)
  }

  @Test(
    "What is wrong is named, and its value is not repeated",
    arguments: [
      ("", 400, nil), ("[]", 400, nil), ("{", 400, nil), ("{}", 422, "code"),
      (#"{"code":1}"#, 422, "code"), (#"{"code":""}"#, 422, "code"),
      (#"{"code":"x","note":"secret-note"}"#, 422, "note"),
      (#"{"code":"x","direction":"sideways-secret"}"#, 422, "direction"),
      (#"{"code":"x","visitor":null}"#, 422, "visitor"),
      (#"{"code":"x","check_in":"short"}"#, 422, "check_in"),
      (#"{"code":"x","check_in":"AAAAAAAAAAAAA!"}"#, 422, "check_in"),
      (#"{"code":"x","proof":"AAAAAAAAAAAAAAAAAAAAAB"}"#, 422, "proof"),
      (#"{"code":"x","visitor":"a","check_in":"AAAAAAAAAAAAAA"}"#, 422, "visitor"),
      (#"{"code":"x","id":"not-a-uuid-secret-xxxxxxxxxxxxxxxx"}"#, 422, "id"),
      (#"{"code":"x","scanned_at":"2020-08-06T09:00:00"}"#, 422, "scanned_at"),
      (#"{"code":"x","code":"y"}"#, 400, nil),
      (#"{"code":{"a":{"b":1}}}"#, 400, nil),
    ] as [(String, Int, String?)])
  func refuses(text: String, status: Int, field: String?) {
    #expect {
      try CheckInRequest(Array(text.utf8))
    } throws: { error in
      guard let problem = error as? Problem else { return false }
      let written = String(decoding: problem.response.body, as: UTF8.self)
      return problem.status == status && problem.fields.first?.name == field
        && !written.contains("secret-")
    }
  }
}
