internal import VenueCodes

/// The pages that show a screen's codes in any browser, from a folder and without a network.
///
/// Nothing is fetched from anywhere but the folder, and the policy in the page keeps it so: the one
/// style and the one script are named by their digests.
enum ScreenPage {
  /// What a page says beside the code.
  struct Caption: Sendable {
    let name: String
    let typedID: String
    let zone: String?
  }

  /// The page that follows a program which replaces `current.png` each step.
  ///
  /// It has no script: the browser loads the page anew every few seconds. The picture has another
  /// name each step, so that no browser shows the one it kept; the times in the page tell a person
  /// whether the program still runs.
  static func live(
    _ caption: Caption, step: ScreenStep, from start: String, to end: String
  ) -> String {
    head(
      caption.name, refreshSeconds: 5, policy: "img-src 'self' file:; style-src '\(styleDigest)'")
        + """
        <main>
        <h1>\(escaped(caption.name))</h1>
        <img src="current.png?\(step.rawValue)" alt="QR">
        <p class="id">\(escaped(caption.typedID))\(zoneText(caption))</p>
        <p>\(escaped(start)) – \(escaped(end))</p>
        </main>
        </body>
        </html>

        """
  }

  /// The page that shows the code of the present minute, by the device's clock, of a day that begins
  /// at a Unix second.
  static func dayBatch(_ caption: Caption, day: LocalDay, start: Int64) -> String {
    head(
      caption.name, refreshSeconds: nil,
      policy: "img-src 'self' file:; style-src '\(styleDigest)'; script-src '\(scriptDigest)'")
        + """
        <main id="screen" data-start="\(start)" data-count="\(MinuteOfDay.count)">
        <h1>\(escaped(caption.name))</h1>
        <img id="code" alt="QR">
        <p class="id">\(escaped(caption.typedID))\(zoneText(caption))</p>
        <p><span id="day">\(day)</span> <span id="time"></span></p>
        <p id="none" hidden>Hôm nay không có mã: báo người quản lý ·
        There is no code for this day: tell the manager</p>
        </main>
        <script>\(script)</script>
        </body>
        </html>

        """
  }

  /// The picture of a minute, as the script names it.
  static func fileName(of minute: MinuteOfDay) -> String {
    let digits = "\(minute.rawValue)"
    return String(repeating: "0", count: 4 - digits.utf8.count) + digits + ".png"
  }

  private static func head(_ title: String, refreshSeconds: Int?, policy: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="vi">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; \
    form-action 'none'; \(policy)">
    <meta name="referrer" content="no-referrer">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    \(refreshSeconds.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">\n" } ?? "")\
    <title>\(escaped(title))</title>
    <style>\(style)</style>
    </head>
    <body>

    """
  }

  private static func zoneText(_ caption: Caption) -> String {
    caption.zone.map { " · \(escaped($0))" } ?? ""
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  // The digests are of these bytes exactly; a test computes them.

  private static let style =
    "html{background:#fff;color:#000;font-family:sans-serif;text-align:center}"
    + "h1{font-size:5vmin;margin:2vmin}img{width:70vmin;image-rendering:pixelated}"
    + "p{font-size:4vmin;margin:1vmin}.id{font-family:monospace;font-size:5vmin}"

  private static let script =
    "(function(){var s=document.getElementById('screen'),c=document.getElementById('code'),"
    + "n=document.getElementById('none'),t=document.getElementById('time'),"
    + "a=Number(s.dataset.start),k=Number(s.dataset.count),shown=-1;"
    + "function two(x){return(x<10?'0':'')+x}"
    + "function show(){var m=Math.floor((Date.now()/1000-a)/60),g=m>=0&&m<k;"
    + "n.hidden=g;c.hidden=!g;"
    + "t.textContent=g?two(Math.floor(m/60))+':'+two(m%60):'';"
    + "if(g&&m!==shown){shown=m;c.src=('000'+m).slice(-4)+'.png'}}"
    + "show();setInterval(show,500)})()"

  private static let styleDigest = "sha256-CUIg+HAoDu2hf5rCE9k5Dw9F+gNOCydohEgrfipUyAo="
  private static let scriptDigest = "sha256-75BXI7bVbwwAwRexQLegVBNMkQR+7+cU3enaSF+GUcI="
}
