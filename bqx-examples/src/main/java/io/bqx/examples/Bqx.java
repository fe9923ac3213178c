package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.core.Passwords;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line: {@code bqx demo}, {@code import}, {@code plan}, {@code run}, {@code validate},
 * {@code export}, {@code status}, {@code report}, {@code doctor}, {@code roles}, {@code backtest},
 * {@code bench} and {@code worker}.
 *
 * <p>Exit codes: 0 done, 1 failed, 2 bad usage. Results go to standard output, errors and progress
 * to standard error.
 */
@Command(
    name = "bqx",
    versionProvider = Bqx.Version.class,
    description =
        "Turns one-minute bars of currency pairs in PostgreSQL into verified model features.",
    subcommands = {
      DemoCommand.class,
      ImportCommand.class,
      PlanCommand.class,
      RunCommand.class,
      ValidateCommand.class,
      ExportCommand.class,
      StatusCommand.class,
      ReportCommand.class,
      DoctorCommand.class,
      RolesCommand.class,
      BacktestCommand.class,
      BenchCommand.class,
      WorkerCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  bqx demo",
      "  bqx import --embedded ./db --format csv ./bars",
      "  bqx run --embedded ./db --from 2024-07 --to 2024-08",
      "  bqx validate --embedded ./db",
      "  bqx export --embedded ./db --to ./features",
      "",
      "Exit codes: 0 done, 1 failed, 2 bad usage. 'bqx COMMAND --help' explains a command."
    })
public final class Bqx {

  static final int FAILED = 1;

  private static final String DEBUG_VARIABLE = "BQX_DEBUG";

  /** The driver logs parts of addresses, in which there may be a password, and throws as well. */
  private static final Logger DRIVER_LOG = Logger.getLogger("org.postgresql");

  private final Map<String, String> environment;
  private final Set<String> secrets = ConcurrentHashMap.newKeySet();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Explain the command.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the version.")
  private boolean version;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description =
          "Log what is done, and print stack traces of errors, which BQX_DEBUG=1 in the environment"
              + " does as well.")
  private boolean verbose;

  /** A command line that reads passwords and settings from the environment of this process. */
  public Bqx() {
    this(System.getenv());
  }

  Bqx(Map<String, String> environment) {
    this.environment = Objects.requireNonNull(environment, "environment");
    keepSecret(environment.getOrDefault(DatabaseOptions.PASSWORD_VARIABLE, ""));
  }

  /** Keeps a text out of everything that is printed about errors. */
  void keepSecret(String text) {
    if (!text.isEmpty()) {
      secrets.add(text);
    }
  }

  /** Runs one command and ends the JVM with its exit code. */
  public static void main(String[] arguments) {
    System.setProperty("org.jooq.no-logo", "true");
    System.setProperty("org.jooq.no-tips", "true");
    // Without this, JDK 22 and later have a console even where there is no terminal.
    System.setProperty("jdk.console", "java.base");
    System.exit(new Bqx().commandLine().execute(arguments));
  }

  /** This command line, ready to execute arguments. */
  public CommandLine commandLine() {
    DRIVER_LOG.setLevel(Level.OFF);
    CommandLine commandLine = new CommandLine(this);
    Converters.register(commandLine);
    commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(100)
        .setParameterExceptionHandler(this::reportBadUsage)
        .setExecutionExceptionHandler((failure, failed, parsed) -> report(failure, failed))
        .setExecutionStrategy(this::execute);
    return commandLine;
  }

  private int execute(CommandLine.ParseResult parsed) {
    if (verbose) {
      System.setProperty("bqx.log.level", "INFO");
    }
    boolean helpWanted = parsed.isUsageHelpRequested() || parsed.isVersionHelpRequested();
    if (!parsed.hasSubcommand() && !helpWanted) {
      throw new ParameterException(
          parsed.commandSpec().commandLine(),
          "A command is missing: "
              + String.join(", ", parsed.commandSpec().subcommands().keySet()));
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  Map<String, String> environment() {
    return environment;
  }

  private boolean wantsStackTraces() {
    return verbose || !environment.getOrDefault(DEBUG_VARIABLE, "").isEmpty();
  }

  private int reportBadUsage(ParameterException failure, String[] arguments) {
    CommandLine failed = failure.getCommandLine();
    PrintWriter err = failed.getErr();
    err.println("bqx: " + messageOf(failure));
    err.println("Try '" + failed.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return failed.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** Arguments that no option takes may be secrets, such as a password: only names are repeated. */
  private static String messageOf(ParameterException failure) {
    if (failure instanceof UnmatchedArgumentException unmatched) {
      String first = unmatched.getUnmatched().get(0);
      return first.startsWith("-")
          ? "Unknown option: '"
              + first.replaceFirst("(?s)=.*", "").replaceFirst("(?s)^(-[^-]).*", "$1")
              + "'"
          : "Unexpected argument after the command: arguments of this command are options";
    }
    return failure.getMessage();
  }

  private int report(Exception failure, CommandLine failed) {
    PrintWriter err = failed.getErr();
    if (wantsStackTraces()) {
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace, true));
      err.print(withoutPassword(trace.toString()));
    } else if (failure instanceof BqxException) {
      err.println("bqx: " + withoutPassword(failure.getMessage()));
    } else {
      err.println("bqx: unexpected " + withoutPassword(failure.toString()));
      err.println(
          "That is a fault of bqx. Run the command again with --verbose to see where it comes"
              + " from.");
    }
    err.flush();
    return FAILED;
  }

  private String withoutPassword(String text) {
    String masked = Passwords.masked(text);
    for (String secret : secrets) {
      masked = masked.replace(secret, "***");
    }
    return masked;
  }

  /** The version of the jar that this class comes from. */
  static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
      String version = Bqx.class.getPackage().getImplementationVersion();
      return new String[] {
        "bqx " + (version == null ? "(not packaged)" : version),
        "Java " + System.getProperty("java.version") + " on " + System.getProperty("os.name")
      };
    }
  }
}
