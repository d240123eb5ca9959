internal import CommandKit
internal import ExposureStorage

extension Context {
  /// Who gives the command, for the audit log.
  var actor: String {
    environment("CHECKIN_ACTOR") ?? environment("SUDO_USER") ?? environment("USER") ?? "unknown"
  }

  /// Makes the note of what is done now, for the audit log.
  func auditNote(
    _ action: String, _ object: String, purpose: String = "", detail: String = ""
  ) -> AuditNote {
    AuditNote(
      at: now(), actor: actor, action: action, object: object, purpose: purpose, detail: detail)
  }
}
