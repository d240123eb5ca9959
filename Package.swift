// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A library module of this package.
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

/// The tests of one module; `TestSupport` is always at hand.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [],
  exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["TestSupport"], exclude: exclude,
    resources: resources, swiftSettings: settings)
}

/// A C library from Debian, found by pkg-config.
func system(_ name: String, pkgConfig: String, apt package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig,
    providers: [.apt([package])])
}

let package = Package(
  name: "checkin",
  products: [
    .executable(name: "checkin", targets: ["checkin"]),
    .executable(name: "checkin-bench", targets: ["checkin-bench"]),
    .executable(name: "checkin-fuzz", targets: ["checkin-fuzz"]),
  ],
  targets: [
    // C libraries, one target each; a C or C++ target only where Swift cannot reach.
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
    system("CXXHash", pkgConfig: "libxxhash", apt: "libxxhash-dev"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    system("CDeflate", pkgConfig: "libdeflate", apt: "libdeflate-dev"),
    system("CHarfBuzz", pkgConfig: "harfbuzz-subset", apt: "libharfbuzz-dev"),
    system("CQREncode", pkgConfig: "libqrencode", apt: "libqrencode-dev"),
    system("CPango", pkgConfig: "pangocairo", apt: "libpango1.0-dev"),
    system("CLibMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    system("CLibPNG", pkgConfig: "libpng", apt: "libpng-dev"),
    system("CLibJPEG", pkgConfig: "libjpeg", apt: "libjpeg62-turbo-dev"),
    system("CLibZXing", pkgConfig: "zxing", apt: "libzxing-dev"),
    // libxlsxwriter has no pkg-config file: its module map says what to link.
    .systemLibrary(
      name: "CXLSXWriter", path: "Sources/System/CXLSXWriter",
      providers: [.apt(["libxlsxwriter-dev"])]),
    .target(
      name: "CMicroHTTPD", dependencies: ["CLibMicroHTTPD"], path: "Sources/System/CMicroHTTPD"),
    .target(name: "CPNG", dependencies: ["CLibPNG"], path: "Sources/System/CPNG"),
    .target(name: "CJPEG", dependencies: ["CLibJPEG"], path: "Sources/System/CJPEG"),
    .target(name: "CVideo", path: "Sources/System/CVideo"),
    .target(name: "CZXing", dependencies: ["CLibZXing"], path: "Sources/System/CZXing"),
    .target(name: "CProof", dependencies: ["CPango"], path: "Sources/System/CProof"),
    .target(name: "CKernels", path: "Sources/System/CKernels"),
    .target(name: "CCrypto", path: "Sources/System/CCrypto"),
    .target(name: "CDigest", path: "Sources/System/CDigest"),

    // Pure modules, lowest first.
    module("DelimitedText"),
    module("JSONText"),
    module("ByteCompression", ["CZlib", "CZstd"]),
    module("VenueCodes", ["CDigest", "CSodium"]),
    module("VenueRegistry", ["VenueCodes", "DelimitedText"]),
    module("ForeignCodes", ["CCrypto", "VenueCodes"]),
    module("StaffAccounts", ["VenueRegistry", "VenueCodes"]),
    module("Campaign", ["VenueRegistry", "VenueCodes", "DelimitedText"]),
    module("Presence", ["VenueCodes"]),
    module("SealedContacts", ["Presence", "ForeignCodes", "VenueCodes"]),
    module("DoorProtocol", ["Presence", "VenueRegistry", "VenueCodes", "DelimitedText"]),
    module("Bluetooth", ["Presence"]),
    module("CrossMatch", ["CKernels", "Presence", "VenueCodes"]),
    module("Tracing", ["CrossMatch", "Bluetooth", "Presence", "VenueCodes", "VenueRegistry"]),
    module("ProximityFormats", ["ForeignCodes", "Presence", "VenueCodes", "DelimitedText"]),
    module("ExposureRisk", ["Tracing", "CrossMatch", "Bluetooth", "Presence", "VenueCodes"]),
    module(
      "Fusion",
      ["Tracing", "CrossMatch", "Bluetooth", "Presence", "VenueRegistry", "VenueCodes"]),
    module(
      "EvidenceIntake",
      [
        "ExposureRisk", "ProximityFormats", "Tracing", "Bluetooth", "Presence", "VenueRegistry",
        "ForeignCodes", "VenueCodes", "DelimitedText",
      ]),
    module(
      "SyntheticCity",
      ["ProximityFormats", "Tracing", "Bluetooth", "Presence", "VenueRegistry", "VenueCodes"]),

    module(
      "Evaluation",
      [
        "Fusion", "SyntheticCity", "Tracing", "CrossMatch", "Bluetooth", "Presence", "VenueCodes",
      ]),

    // Effects.
    module(
      "ExposureStorage",
      [
        "CSQLite", "CXXHash", "SealedContacts", "Tracing", "CrossMatch", "Bluetooth", "Presence",
        "StaffAccounts", "VenueRegistry", "VenueCodes", "DelimitedText",
      ]),
    module(
      "ExposureAnswers",
      [
        "ExposureStorage", "Fusion", "Tracing", "Presence", "VenueRegistry", "VenueCodes",
        "JSONText",
      ]),
    module("CodeReading", ["CJPEG", "CPNG", "CProof", "CVideo", "CZXing"]),
    module(
      "Posters",
      [
        "CDeflate", "CHarfBuzz", "CQREncode", "CPango", "CodeReading", "Campaign", "VenueRegistry",
        "VenueCodes",
      ]),
    module("Spreadsheets", ["CXLSXWriter"]),
    module("CommandKit", ["ByteCompression", "JSONText"]),
    module(
      "GatewayServer",
      [
        "CCurl", "CMicroHTTPD", "DoorProtocol", "ExposureAnswers", "ExposureStorage",
        "EvidenceIntake", "Fusion", "Tracing", "StaffAccounts", "ByteCompression", "JSONText",
        "SealedContacts", "Presence", "VenueRegistry", "ForeignCodes", "VenueCodes",
      ],
      // In the program itself, which then has no folder that it must be installed with.
      resources: [
        .embedInCode("Pages/checkin.html"), .embedInCode("Pages/checkin.js"),
        .embedInCode("Pages/checkin.css"),
      ]),

    .executableTarget(
      name: "checkin",
      dependencies: [
        "CommandKit", "GatewayServer", "DoorProtocol", "Posters", "Spreadsheets", "CodeReading",
        "ExposureAnswers", "ExposureStorage", "StaffAccounts",
        "EvidenceIntake", "SyntheticCity", "ExposureRisk", "Fusion", "ProximityFormats", "Tracing",
        "CrossMatch", "Bluetooth", "Presence", "Campaign", "VenueRegistry", "ForeignCodes",
        "SealedContacts", "VenueCodes", "DelimitedText", "JSONText",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "checkin-bench",
      dependencies: [
        "CommandKit", "GatewayServer", "DoorProtocol", "Posters", "CodeReading", "ExposureStorage",
        "Evaluation", "EvidenceIntake",
        "SyntheticCity", "ExposureRisk", "Fusion", "ProximityFormats", "Tracing",
        "CrossMatch", "Bluetooth", "Presence", "VenueRegistry", "VenueCodes", "DelimitedText",
        "JSONText",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "checkin-fuzz",
      dependencies: [
        "CommandKit", "GatewayServer", "DoorProtocol", "ByteCompression", "JSONText", "Posters",
        "CodeReading", "ExposureStorage", "StaffAccounts", "Evaluation", "EvidenceIntake",
        "SyntheticCity", "ExposureRisk", "Fusion", "ProximityFormats", "Tracing",
        "CrossMatch",
        "Bluetooth", "Presence", "Campaign", "VenueRegistry", "ForeignCodes", "SealedContacts",
        "VenueCodes",
        "DelimitedText",
      ],
      swiftSettings: settings),

    // Tests.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    .target(name: "PowerLossVFS", dependencies: ["CSQLite"], path: "Tests/PowerLossVFS"),
    tests("DelimitedText", ["DelimitedText"]),
    tests("VenueCodes", ["VenueCodes"], resources: [.copy("Fixtures")]),
    tests("ForeignCodes", ["ForeignCodes", "VenueCodes"], resources: [.copy("Fixtures")]),
    tests("VenueRegistry", ["VenueRegistry", "VenueCodes", "DelimitedText"]),
    tests("StaffAccounts", ["StaffAccounts", "VenueRegistry", "VenueCodes"]),
    tests("Campaign", ["Campaign", "VenueRegistry", "VenueCodes", "DelimitedText"]),
    tests("Presence", ["Presence", "VenueCodes"]),
    tests(
      "SealedContacts", ["SealedContacts", "ForeignCodes", "Presence", "VenueCodes"],
      resources: [.copy("Fixtures")]),
    tests(
      "DoorProtocol",
      ["DoorProtocol", "Presence", "VenueRegistry", "VenueCodes", "DelimitedText"]),
    tests("Bluetooth", ["Bluetooth", "Presence"]),
    tests(
      "ProximityFormats",
      ["ProximityFormats", "ForeignCodes", "Presence", "VenueCodes", "DelimitedText"],
      resources: [.copy("Fixtures")]),
    tests(
      "ExposureRisk",
      ["ExposureRisk", "Tracing", "CrossMatch", "Bluetooth", "Presence", "VenueCodes"],
      resources: [.copy("Fixtures")]),
    tests("Evaluation", ["checkin-bench", "Evaluation", "ExposureRisk", "ExposureStorage"]),
    tests(
      "Fusion",
      ["Fusion", "Tracing", "CrossMatch", "Bluetooth", "Presence", "VenueRegistry", "VenueCodes"]),
    tests("CrossMatch", ["CrossMatch", "Presence", "VenueCodes"]),
    tests(
      "Tracing",
      ["Tracing", "CrossMatch", "Bluetooth", "Presence", "VenueRegistry", "VenueCodes"]),
    tests(
      "EvidenceIntake",
      [
        "EvidenceIntake", "ExposureRisk", "ProximityFormats", "Tracing", "Bluetooth", "Presence",
        "VenueRegistry", "ForeignCodes", "VenueCodes", "DelimitedText",
      ]),
    tests(
      "SyntheticCity",
      ["SyntheticCity", "Tracing", "Bluetooth", "Presence", "VenueRegistry", "VenueCodes"]),
    tests(
      "ExposureStorage",
      [
        "ExposureStorage", "SealedContacts", "PowerLossVFS", "Tracing", "CrossMatch", "Bluetooth",
        "Presence", "StaffAccounts", "VenueRegistry",
        "VenueCodes", "DelimitedText",
      ]),
    tests("CodeReading", ["CodeReading", "Posters"], resources: [.copy("Fixtures")]),
    tests(
      "Posters", ["Posters", "CodeReading", "Campaign", "VenueRegistry", "VenueCodes"]),
    tests("Spreadsheets", ["Spreadsheets"]),
    tests("CommandKit", ["CommandKit", "JSONText"]),
    tests("JSONText", ["JSONText"]),
    tests("ByteCompression", ["ByteCompression"]),
    tests(
      "GatewayServer",
      [
        "GatewayServer", "DoorProtocol", "SealedContacts", "ExposureStorage", "EvidenceIntake",
        "StaffAccounts", "ByteCompression", "JSONText", "Presence", "VenueRegistry", "ForeignCodes",
        "VenueCodes",
      ]),
    tests("Architecture", []),
    tests(
      "EndToEnd",
      ["checkin", "CodeReading", "ExposureStorage", "SealedContacts", "Presence", "VenueCodes"],
      exclude: ["Golden"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
