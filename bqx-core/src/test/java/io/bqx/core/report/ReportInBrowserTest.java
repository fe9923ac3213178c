package io.bqx.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * The page as a browser shows it; the pictures stay in {@code target/report-pictures}. Needs
 * Chromium and its driver, {@code apt-get install chromium chromium-driver}; without them it is
 * skipped, which the script of the continuous integration does not accept.
 */
class ReportInBrowserTest {

  private static final Path PICTURES = Path.of("target", "report-pictures");

  @TempDir private static Path folder;
  private static ChromeDriver browser;

  @BeforeAll
  static void openTheBrowser() throws IOException {
    Optional<File> chromium = program("chromium", "chromium-browser", "google-chrome");
    Optional<File> driver = program("chromedriver");
    if (chromium.isEmpty() || driver.isEmpty()) {
      return;
    }
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.get());
    options.setCapability("goog:loggingPrefs", logs);
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--user-data-dir=" + folder.resolve("profile"));
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.get())
                .usingAnyFreePort()
                .build(),
            options);
    Files.createDirectories(PICTURES);
    Files.writeString(folder.resolve("full.html"), HtmlReport.of(SampleReport.full()));
    Files.writeString(folder.resolve("empty.html"), HtmlReport.of(SampleReport.empty()));
  }

  /** Of each test, as a class that is skipped before all of them counts as none skipped. */
  @BeforeEach
  void needsABrowser() {
    assumeTrue(browser != null, "No browser: apt-get install chromium chromium-driver");
  }

  @AfterAll
  static void closeTheBrowser() {
    if (browser != null) {
      browser.quit();
    }
  }

  private static Optional<File> program(String... names) {
    return Stream.of(names)
        .flatMap(
            name ->
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                    .map(directory -> new File(directory, name)))
        .filter(File::canExecute)
        .findFirst();
  }

  private static void show(String page, int width, String scheme, String media) {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", width < 500));
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "media",
            "screen",
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    browser.manage().logs().get(LogType.PERFORMANCE);
    browser.get(folder.resolve(page).toUri().toString());
    if (!media.equals("screen")) {
      browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("media", media));
    }
    assertThat(outsideRequests()).isEmpty();
    assertThat(complaints()).isEmpty();
  }

  private static List<String> outsideRequests() {
    return browser.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
        .map(LogEntry::getMessage)
        .filter(message -> message.contains("Network.requestWillBeSent\""))
        .filter(
            message -> !message.contains("\"url\":\"file:") && !message.contains("\"url\":\"data:"))
        .toList();
  }

  private static List<String> complaints() {
    return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  private static Object eval(String expression) {
    return browser.executeScript("return " + expression);
  }

  /** Takes a picture of the whole page; returns how many colours it has. */
  private static int picture(String name, int width) throws IOException {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of(
            "width",
            width,
            "height",
            eval("document.documentElement.scrollHeight"),
            "deviceScaleFactor",
            1,
            "mobile",
            width < 500));
    byte[] png = browser.getScreenshotAs(OutputType.BYTES);
    Files.write(PICTURES.resolve(name + ".png"), png);
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y += 3) {
      for (int x = 0; x < image.getWidth(); x += 3) {
        colours.add(image.getRGB(x, y));
      }
    }
    return colours.size();
  }

  @Test
  void everyChartIsDrawnWithLabelledAxes() throws IOException {
    show("full.html", 1200, "light", "screen");

    assertThat(eval("document.querySelectorAll('.chart').length")).isEqualTo(6L);
    assertThat(
            eval(
                "[...document.querySelectorAll('.chart')].filter(c => c.querySelectorAll('svg path').length > 5).length"))
        .isEqualTo(6L);
    assertThat(String.valueOf(eval("document.querySelector('main').textContent")))
        .contains("rows/s", "time, UTC", "seconds", "strength, %", "coherence, correlation")
        .contains("percent of the values", "eurusd", "JPY", "safe haven", "A1", "B2");
    assertThat(picture("light", 1200)).isGreaterThan(200);
  }

  @Test
  void theDarkPageIsDark() throws IOException {
    show("full.html", 1200, "dark", "screen");

    assertThat(String.valueOf(eval("getComputedStyle(document.body).backgroundColor")))
        .isEqualTo("rgb(17, 19, 24)");
    assertThat(picture("dark", 1200)).isGreaterThan(200);
  }

  @Test
  void aPhoneNeedsNoSidewaysScrolling() throws IOException {
    for (String page : List.of("full", "empty")) {
      show(page + ".html", 390, "light", "screen");

      assertThat((Long) eval("document.documentElement.scrollWidth")).isLessThanOrEqualTo(390);
      assertThat(
              (Long)
                  eval(
                      "Math.ceil(Math.max(0, ...[...document.querySelectorAll('.chart svg')].map(s => s.getBoundingClientRect().right)))"))
          .isLessThanOrEqualTo(390);
      assertThat(picture("phone-" + page, 390)).isGreaterThan(20);
    }
  }

  @Test
  void aPrintedPageIsLightWhateverTheReaderPrefersAndItsChartsFit() throws IOException {
    show("full.html", 720, "dark", "print");

    assertThat(String.valueOf(eval("getComputedStyle(document.body).backgroundColor")))
        .isEqualTo("rgb(255, 255, 255)");
    assertThat((Long) eval("document.documentElement.scrollWidth")).isLessThanOrEqualTo(720);
    assertThat(picture("print", 720)).isGreaterThan(200);
  }

  @Test
  void whatIsHostileStaysText() {
    show("full.html", 1200, "light", "screen");

    assertThat(eval("typeof window.hacked")).isEqualTo("undefined");
    assertThat(eval("document.images.length")).isEqualTo(0L);
    assertThat(String.valueOf(eval("document.querySelector('.sub').textContent")))
        .contains(SampleReport.HOSTILE);
  }

  @Test
  void aReportOfNothingIsAPageToo() throws IOException {
    show("empty.html", 1200, "light", "screen");

    assertThat(eval("document.querySelectorAll('.chart').length")).isEqualTo(0L);
    assertThat(picture("empty", 1200)).isGreaterThan(20);
  }
}
