import CodeReading
import Foundation
import Testing

@Suite("Cameras") struct CameraTests {
  struct Fault: CustomTestStringConvertible, Sendable {
    let path: String
    let code: String
    var testDescription: String { path }
  }
  static let faults = [
    Fault(path: "/dev/video-that-is-not-there", code: "camera-missing"),
    Fault(path: "/dev/null", code: "camera-not-a-camera"),
    Fault(path: "/dev/zero", code: "camera-not-a-camera"),
  ]

  @Test("What is no camera is refused with what to do", arguments: faults)
  func refusals(fault: Fault) {
    do {
      let camera = try Camera(path: fault.path)
      Issue.record("\(camera.name) opened")
    } catch {
      #expect(error.code == fault.code)
      #expect(error.description.hasPrefix(fault.path))
    }
  }

  @Test("Each failure has its own code and says what to do")
  func failures() {
    let all: [CameraFailure] = [
      .missing, .notPermitted, .busy, .notACamera, .noFormat, .gone, .system("out of memory"),
    ]
    #expect(Set(all.map(\.code)).count == all.count)
    for failure in all {
      let error = CodeReadingError.camera(failure, path: "/dev/video0")
      #expect(error.code == failure.code)
      #expect(error.description == "/dev/video0 \(failure)")
    }
  }

  /// Two rows of three pixels with a byte of padding behind each, in each layout.
  static let frames: [(layout: FrameLayout, bytes: [UInt8], stride: Int)] = [
    (.grey, [1, 2, 3, 99, 4, 5, 6], 4),
    (.nv12, [1, 2, 3, 99, 4, 5, 6, 99, 128, 128, 128, 128], 4),
    (.yuyv, [1, 99, 2, 99, 3, 99, 99, 4, 99, 5, 99, 6, 99], 7),
    (.uyvy, [99, 1, 99, 2, 99, 3, 99, 99, 4, 99, 5, 99, 6], 7),
  ]

  @Test("The brightness of a frame is taken from each layout, past the padding of rows")
  func layouts() {
    for (layout, bytes, stride) in Self.frames {
      let image = bytes.withUnsafeBufferPointer {
        layout.image(of: $0, width: 3, height: 2, stride: stride)
      }
      #expect(image?.pixels == [1, 2, 3, 4, 5, 6], "\(layout)")
    }
  }

  @Test("A frame of fewer bytes than it has pixels is passed over")
  func short() {
    for (layout, bytes, stride) in Self.frames {
      let needed = bytes.count - (layout == .nv12 ? 5 : 0)
      for count in 0..<needed {
        let image = bytes[..<count].withUnsafeBufferPointer {
          layout.image(of: $0, width: 3, height: 2, stride: stride)
        }
        #expect(image == nil, "\(layout) \(count)")
      }
    }
    for (width, height, stride) in [(0, 2, 4), (3, 0, 4), (65_536, 1, 4), (60_000, 60_000, 4)] {
      let image = [UInt8](repeating: 0, count: 64).withUnsafeBufferPointer {
        FrameLayout.grey.image(of: $0, width: width, height: height, stride: stride)
      }
      #expect(image == nil)
    }
  }

  @Test("A motion-JPEG frame has no Huffman tables of its own, and a broken one is passed over")
  func motionJPEG() throws {
    let bytes = try PictureFileTests.fixture("camera.jpg")
    #expect(!bytes.indices.contains { bytes[$0...].starts(with: [0xFF, 0xC4]) }, "no tables")
    let image = bytes.withUnsafeBufferPointer {
      FrameLayout.mjpeg.image(of: $0, width: 1, height: 1, stride: 0)
    }
    let found = try CodeReader.codes(in: #require(image), taken: .frame)
    #expect(found.map(\.text) == [PictureFileTests.text])
    // `Camera.next` returns nil then, and does not wait for a better one.
    let broken = bytes[..<200].withUnsafeBufferPointer {
      FrameLayout.mjpeg.image(of: $0, width: 1, height: 1, stride: 0)
    }
    #expect(broken == nil)
  }
}
