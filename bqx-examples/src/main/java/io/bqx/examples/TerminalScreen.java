package io.bqx.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;

/** The terminal of this process; only what has changed is drawn, so that nothing flickers. */
final class TerminalScreen implements Screen {

  private static final int NARROWEST = 40;
  private static final int LOWEST = 4;

  private final Terminal terminal;
  private final Display display;
  private Size size;
  private boolean empty = true;

  private TerminalScreen(Terminal terminal) {
    this.terminal = terminal;
    this.display = new Display(terminal, false);
    this.size = terminal.getSize();
    display.resize(size);
  }

  /** The terminal that standard error goes to; empty if there is none that can move its cursor. */
  static Optional<Screen> open() {
    if (System.console() == null || "dumb".equals(System.getenv("TERM"))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new TerminalScreen(
              TerminalBuilder.builder()
                  .name("bqx")
                  .system(true)
                  .systemOutput(TerminalBuilder.SystemOutput.SysErr)
                  .dumb(false)
                  .graphemeCluster(false)
                  .build()));
    } catch (IOException | IllegalStateException e) {
      return Optional.empty();
    }
  }

  @Override
  public int width() {
    return Math.max(NARROWEST, size.getColumns()) - 1;
  }

  @Override
  public void show(List<String> lines) {
    Size now = terminal.getSize();
    if (!now.equals(size)) {
      size = now;
      display.resize(size);
    }
    int room = Math.max(LOWEST, size.getRows()) - 1;
    List<AttributedString> shown = new ArrayList<>();
    for (String line : lines.subList(0, Math.min(room, lines.size()))) {
      shown.add(new AttributedString(line.substring(0, Math.min(width(), line.length()))));
    }
    display.update(shown, -1);
    empty = shown.isEmpty();
  }

  @Override
  public void print(String line) {
    display.update(List.of(), 0);
    terminal.writer().println(line);
    terminal.flush();
    empty = true;
  }

  @Override
  public void close() {
    if (!empty) {
      terminal.writer().println();
    }
    terminal.flush();
    try {
      terminal.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
