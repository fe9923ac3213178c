package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.examples.OutsideBuild.OutsideProject;
import io.bqx.features.Currency;
import io.bqx.features.Universe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a project gets that depends on one module of bqx: it compiles and runs on the class path and
 * on the module path, with the dependencies that docs/dependencies.md lists and with no others.
 */
class OutsideProjectsIT {

  private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
  private static final Path SOURCES = MODULE.resolve("src/outside/java");
  private static final String PACKAGE = "io/bqx/examples/tutorial";
  private static final Path TUTORIAL = MODULE.resolve("src/test/java").resolve(PACKAGE);
  private static final String CLASS_PATH = "-on-class-path";
  private static final String MODULE_PATH = "-on-module-path";
  private static final Pattern ARTIFACT =
      Pattern.compile("`(?:([a-z][a-z0-9.-]*):)?([a-z][\\w.-]*)`");

  @TempDir private static Path folder;

  private static final Map<String, OutsideProject> PROJECTS = new HashMap<>();
  private static EmbeddedServer server;

  @BeforeAll
  static void buildAllProjects() throws IOException, InterruptedException {
    OutsideBuild build = new OutsideBuild(Files.createDirectory(folder.resolve("outside")));
    String core = xmlIn("README.md");
    for (String module : List.of("features", "core", "aws")) {
      String dependency = core.replace("bqx-core", "bqx-" + module);
      for (String path : List.of(CLASS_PATH, MODULE_PATH)) {
        PROJECTS.put(
            module + path,
            build
                .add(module + path, dependency)
                .with(
                    SOURCES.resolve(module),
                    "src/main/java",
                    file -> path.equals(MODULE_PATH) || !file.equals("module-info.java")));
      }
    }
    PROJECTS.put(
        "test-kit",
        build
            .add("test-kit", core + xmlIn("docs/tutorial.md"))
            .with(TUTORIAL, "src/main/java/" + PACKAGE, file -> !file.endsWith("Properties.java"))
            .with(TUTORIAL, "src/test/java/" + PACKAGE, file -> file.endsWith("Properties.java")));
    build.run();
    server = EmbeddedServer.temporary();
    try (BarFiles bars = new BarFiles(Files.createDirectory(folder.resolve("bars")))) {
      Universe three =
          Universe.of(
              List.of(Currency.USD, Currency.EUR, Currency.JPY),
              List.of(Currency.EUR, Currency.USD, Currency.JPY));
      SyntheticMarket.of(three).months(1).rowsPerMonth(90).stream()
          .forEach(month -> month.bars().forEach(bars::add));
    }
  }

  @AfterAll
  static void stop() {
    PROJECTS.clear();
    if (server != null) {
      server.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {CLASS_PATH, MODULE_PATH})
  void aProgramComputesFeaturesWithTheFormulasAlone(String path)
      throws IOException, InterruptedException {
    assertThat(printed("features", path, "DollarIndex"))
        .contains(
            "usd_basket_index = -0.905", modules(path, "outside.features", "io.bqx.features"));
  }

  @ParameterizedTest
  @ValueSource(strings = {CLASS_PATH, MODULE_PATH})
  void aProgramImportsBarsAndComputesAndValidatesAMonth(String path)
      throws IOException, InterruptedException {
    String schema = "outside" + path.replace('-', '_');
    String bars = folder.resolve("bars").toString();
    assertThat(
            printed(
                "core", path, "WholeJob", server.jdbcUrl(), server.user(), schema, bars, "2024-07"))
        // The other 25 pairs have no bars, which is what the checks of the whole job find.
        .contains("bars: 270", "failures: 0", "failed checks: whole")
        .containsPattern("rows: [1-9]")
        .contains(modules(path, "outside.core", "io.bqx.core", "io.bqx.features"));
  }

  @ParameterizedTest
  @ValueSource(strings = {CLASS_PATH, MODULE_PATH})
  void aProgramPlansARentedWorker(String path) throws IOException, InterruptedException {
    Path spec =
        Files.writeString(
            folder.resolve("worker.yaml"),
            """
            name: phase2
            instance-type: c7i.8xlarge
            subnets: subnet-0123456789abcdef0
            security-groups: %s
            instance-profile: bqx-worker
            job:
              jar: s3://bqx-example/bqx.jar
              jar-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
              jdbc-url: jdbc:postgresql://db.example.com:5432/fx
              secret: bqx/database
              workers: 32
              logs: s3://bqx-example/logs
            """
                .formatted("sg-" + "0".repeat(16) + "1"));
    Path plan =
        Files.writeString(
            folder.resolve("plan.yaml"),
            """
            worker: {instance-type: c7i.8xlarge, market: on-demand, hour-price: 1.50}
            stages: {2.3: 18, 2.4: 14.5, 2.16B: 10}
            """);
    assertThat(printed("aws", path, "PlannedWorker", spec.toString(), plan.toString()))
        .contains("machine: phase2, c7i.8xlarge", "script: #!", "planned: 63.75 USD")
        .contains(modules(path, "outside.aws", "io.bqx.aws", "io.bqx.core"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"features", "core", "aws"})
  void aProjectGetsTheDependenciesThatTheDocumentationListsAndNoOthers(String module)
      throws IOException {
    TreeMap<String, String> listed = listed(module);
    TreeMap<String, String> found = PROJECTS.get(module + CLASS_PATH).dependencies();
    assertThat(found.remove("io.bqx:bqx-" + module)).isNotNull();
    assertThat(found.keySet())
        .as("what a project that depends on bqx-%s has to run, by docs/dependencies.md", module)
        .isEqualTo(listed.keySet());
    listed.values().removeIf(String::isEmpty);
    assertThat(found).as("versions in docs/dependencies.md").containsAllEntriesOf(listed);
    assertThat(PROJECTS.get(module + MODULE_PATH).dependencies()).containsAllEntriesOf(found);
  }

  @Test
  void theTestKitTestsAFormulaOfAnotherProject() throws IOException {
    Path report =
        PROJECTS
            .get("test-kit")
            .folder()
            .resolve("target/surefire-reports")
            .resolve("TEST-io.bqx.examples.tutorial.ReturnRangeProperties.xml");
    assertThat(Files.readString(report))
        .contains("tests=\"6\"", "errors=\"0\"", "skipped=\"0\"", "failures=\"0\"")
        .contains("aRangeIsNeverNegative");
  }

  private static String printed(String module, String path, String program, String... arguments)
      throws IOException, InterruptedException {
    OutsideProject project = PROJECTS.get(module + path);
    String main = "outside." + module + "." + program;
    List<String> command = new ArrayList<>();
    if (path.equals(MODULE_PATH)) {
      command.addAll(
          List.of(
              "-p",
              project.path(),
              "--add-modules",
              "ALL-MODULE-PATH",
              "-m",
              "outside." + module + "/" + main));
    } else {
      command.addAll(List.of("-cp", project.path(), main));
    }
    command.addAll(List.of(arguments));
    return project.java(Files.readString(server.passwordFile()).strip(), command);
  }

  private static String modules(String path, String... names) {
    List<String> seen = new ArrayList<>();
    for (String name : names) {
      seen.add(path.equals(MODULE_PATH) ? name : "null");
    }
    return "modules: " + String.join(", ", seen);
  }

  /** Versions by group and artifact of what the documentation lists; empty where it has none. */
  private static TreeMap<String, String> listed(String module) throws IOException {
    TreeMap<String, String> listed = new TreeMap<>();
    if (module.equals("aws")) {
      listed.putAll(listed("core"));
    }
    String page = Files.readString(MODULE.resolve("../docs/dependencies.md"));
    String section = page.substring(page.indexOf("\n## bqx-" + module + "\n"));
    section = section.substring(0, section.indexOf("\n## ", 1));
    int table = section.indexOf("\n| `");
    if (table >= 0) {
      for (String row : section.substring(table + 1, section.indexOf("\n\n", table)).split("\n")) {
        String[] cells = row.split("\\|");
        if (!cells[1].contains("(optional)") && !cells[1].contains("(provided")) {
          String version = cells[2].strip();
          artifacts(cells[1]).forEach(name -> listed.put(name, version));
        }
      }
    }
    int others = section.indexOf("\nThey bring ");
    if (others >= 0) {
      String paragraph = section.substring(others, section.indexOf("\n\n", others));
      artifacts(paragraph).forEach(name -> listed.putIfAbsent(name, ""));
    }
    listed.replaceAll((name, version) -> version.equals("this build") ? "" : version);
    return listed;
  }

  /** The artifacts of a text; one without a group has that of the one before. */
  private static List<String> artifacts(String text) {
    List<String> found = new ArrayList<>();
    String group = "";
    for (MatchResult name : ARTIFACT.matcher(text).results().toList()) {
      group = name.group(1) == null ? group : name.group(1);
      found.add(group + ":" + name.group(2));
    }
    return found;
  }

  /** The block of XML of a page: dependencies for a user's POM. */
  private static String xmlIn(String page) throws IOException {
    String text = Files.readString(MODULE.resolve("..").resolve(page));
    assertThat(text).as(page).containsOnlyOnce("```xml\n");
    return text.split("```xml\n")[1].split("```")[0];
  }
}
