internal import Glibc

/// The words the system has for an error number.
package func systemMessage(_ number: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  // The XSI form, which fills the buffer, is the one Glibc's module offers.
  guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
  return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Waits until a read would not; false when the person asked to stop meanwhile.
///
/// The flag is looked at again and again, since a signal may come just before the wait begins, or
/// to another thread.
func waitForInput(_ descriptor: Int32, _ interruption: Interruption) -> Bool {
  while !interruption.isRequested {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // An error of poll is left for the read to report.
    let ready = poll(&waiting, 1, 250)
    if ready > 0 || ready < 0 && errno != EINTR { return true }
  }
  return false
}
