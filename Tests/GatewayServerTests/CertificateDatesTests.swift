import Testing

@testable import GatewayServer

@Suite("Dates of certificates")
struct CertificateDatesTests {
  /// Made by OpenSSL, which also says its dates.
  private static let pem = """
    -----BEGIN CERTIFICATE-----
    MIIBfDCCASOgAwIBAgIUX9efR6+12ystlLnRy9tRDfBt6qowCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MB4XDTI2MTEyNDE5NDg1OFoXDTI2MTIyNDE5
    NDg1OFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
    AQcDQgAEiMl3KfHsEl7HdrZptWXxwsvjU9bnlo1wpXJv00uohIQAdm+t9U9fo6aZ
    VXVotN1IfIHuyZK1DOLxLcsiD4NcM6NTMFEwHQYDVR0OBBYEFNUHJlB2c/5LJGbR
    PlqJLBq1v291MB8GA1UdIwQYMBaAFNUHJlB2c/5LJGbRPlqJLBq1v291MA8GA1Ud
    EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgEQliz3k+AzrYZbfYycWOjCRY
    xj6EwxQZYFkFAJYPBWYCIDSdlNVa3gb/Tl9NSgxWldp607aNbq+Ff2CZ/e2CCxv8
    -----END CERTIFICATE-----
    """

  @Test("The dates are those that OpenSSL shows")
  func reads() throws {
    let dates = try #require(CertificateDates(pem: Self.pem))
    #expect(dates.notBefore == 1795549738)
    #expect(dates.notAfter == 1798141738)
  }

  @Test(
    "What is no certificate has no dates",
    arguments: [
      "", "x", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n!\n-----END",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ])
  func refuses(text: String) {
    #expect(CertificateDates(pem: text) == nil)
  }

  @Test("Bytes that lie about lengths stop nothing")
  func survivesLies() {
    for bytes in [
      [0x30], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x30, 0x80], [0x30, 0x02, 0x30, 0x7F],
      [0x30, 0x85, 0, 0, 0, 0, 1],
    ] as [[UInt8]] {
      #expect(CertificateDates(der: bytes) == nil)
    }
  }
}
