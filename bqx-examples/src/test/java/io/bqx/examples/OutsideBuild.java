package io.bqx.examples;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Maven projects outside this one, in a folder of their own, built by a Maven of their own with an
 * empty local repository. bqx comes from a repository with what this build has just packaged;
 * everything else from this build's local repository, which is only read, and where that lacks
 * something from where this machine's settings say.
 */
final class OutsideBuild {

  private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
  private static final Path MAVEN_HOME = Path.of(property("maven.home"));
  private static final Path BQX = Path.of(property("bqx.outside.repository"));
  private static final Path DOWNLOADED = Path.of(property("bqx.local.repository"));
  private static final boolean WINDOWS = File.separatorChar == '\\';
  private static final long MOST_MINUTES = 10;
  private static final Pattern DEPENDENCY =
      Pattern.compile("^ +([^: ]+:[^: ]+):jar:([^: ]+):(?:compile|runtime)\\b", Pattern.MULTILINE);

  private final Path folder;
  private final List<String> projects = new ArrayList<>();

  OutsideBuild(Path folder) {
    this.folder = folder;
  }

  private static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException(
          "The system property "
              + name
              + " is missing. These tests run in the phase integration-test, with what was"
              + " packaged before: mvn -Dquick -DskipTests -DskipITs=false verify");
    }
    return value;
  }

  /**
   * Adds a project.
   *
   * @param dependencies elements of its POM
   */
  OutsideProject add(String name, String dependencies) throws IOException {
    projects.add(name);
    Path project = Files.createDirectories(folder.resolve(name));
    Files.writeString(
        project.resolve("pom.xml"),
        """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <parent>
            <groupId>outside</groupId>
            <artifactId>outside</artifactId>
            <version>1</version>
          </parent>
          <artifactId>%s</artifactId>
          <dependencies>
        %s
          </dependencies>
        </project>
        """
            .formatted(name, dependencies));
    return new OutsideProject(project);
  }

  /**
   * Compiles all projects, runs their tests, and writes down what is on their class paths.
   *
   * @throws AssertionError with Maven's errors if it cannot
   */
  void run() throws IOException, InterruptedException {
    Files.writeString(folder.resolve("pom.xml"), parent());
    Path settings = Files.writeString(folder.resolve("settings.xml"), settings());
    Path log = folder.resolve("maven.log");
    ProcessBuilder maven =
        new ProcessBuilder(
                MAVEN_HOME.resolve(WINDOWS ? "bin/mvn.cmd" : "bin/mvn").toString(),
                "--batch-mode",
                "--no-transfer-progress",
                "--fail-at-end",
                "--global-settings",
                settings.toString(),
                "-Dmaven.repo.local=" + folder.resolve("repository"),
                "test")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    maven.environment().keySet().removeIf(name -> name.startsWith("MAVEN_"));
    maven.environment().put("JAVA_HOME", System.getProperty("java.home"));
    maven.environment().put("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    Process process = maven.start();
    if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError(
          "The outside projects were not built within %d minutes:%n%s"
              .formatted(MOST_MINUTES, Files.readString(log)));
    }
    if (process.exitValue() != 0) {
      throw new AssertionError(
          "Maven cannot build the outside projects %s:%n%s"
              .formatted(
                  projects,
                  Files.readAllLines(log).stream()
                      .filter(line -> line.startsWith("[ERROR]") && !line.contains("[Help"))
                      .collect(Collectors.joining(System.lineSeparator()))));
    }
  }

  /** What all outside projects have in common: the plugins are those of this build. */
  private String parent() throws IOException {
    Path pom = MODULE.resolve("../pom.xml");
    String build = Files.readString(pom);
    String plugins =
        Stream.of("compiler", "dependency", "resources", "surefire")
            .map(plugin -> "maven-" + plugin + "-plugin")
            .map(
                plugin ->
                    """
                          <plugin>
                            <artifactId>%s</artifactId>
                            <version>%s</version>
                          </plugin>
                    """
                        .formatted(
                            plugin,
                            first(
                                build,
                                "<artifactId>" + plugin + "</artifactId>\\s*<version>([^<]+)<")))
            .collect(Collectors.joining());
    String modules =
        projects.stream().map("    <module>%s</module>\n"::formatted).collect(Collectors.joining());
    return """
    <project xmlns="http://maven.apache.org/POM/4.0.0">
      <modelVersion>4.0.0</modelVersion>
      <groupId>outside</groupId>
      <artifactId>outside</artifactId>
      <version>1</version>
      <packaging>pom</packaging>
      <modules>
    %s
      </modules>
      <properties>
        <maven.compiler.release>17</maven.compiler.release>
        <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
      </properties>
      <dependencyManagement>
        <dependencies>
          <dependency>
            <groupId>org.junit</groupId>
            <artifactId>junit-bom</artifactId>
            <version>%s</version>
            <type>pom</type>
            <scope>import</scope>
          </dependency>
        </dependencies>
      </dependencyManagement>
      <build>
        <pluginManagement>
          <plugins>
    %s
          </plugins>
        </pluginManagement>
        <plugins>
          <plugin>
            <artifactId>maven-surefire-plugin</artifactId>
            <configuration>
              <includes>
                <include>**/*Properties.java</include>
              </includes>
            </configuration>
          </plugin>
          <plugin>
            <artifactId>maven-dependency-plugin</artifactId>
            <executions>
              <execution>
                <phase>process-classes</phase>
                <goals>
                  <goal>list</goal>
                </goals>
                <configuration>
                  <includeScope>runtime</includeScope>
                  <outputFile>${project.build.directory}/dependencies.txt</outputFile>
                </configuration>
              </execution>
              <execution>
                <id>class-path</id>
                <phase>process-classes</phase>
                <goals>
                  <goal>build-classpath</goal>
                </goals>
                <configuration>
                  <includeScope>runtime</includeScope>
                  <outputFile>${project.build.directory}/class-path.txt</outputFile>
                </configuration>
              </execution>
            </executions>
          </plugin>
        </plugins>
      </build>
    </project>
    """
        .formatted(modules, first(build, "<junit.version>([^<]+)<"), plugins);
  }

  /** Mirrors of exactly one repository go before those that this machine has for all of them. */
  private static String settings() {
    String repository =
        """
              <%1$s>
                <id>%2$s</id>
                <url>%3$s</url>
                <releases>
                  <checksumPolicy>ignore</checksumPolicy>
                </releases>
                <snapshots>
                  <enabled>%4$s</enabled>
                  <checksumPolicy>ignore</checksumPolicy>
                </snapshots>
              </%1$s>
        """;
    String mirror =
        """
            <mirror>
              <id>%1$s</id>
              <mirrorOf>%1$s</mirrorOf>
              <url>%2$s</url>
            </mirror>
        """;
    return """
    <settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
      <mirrors>
    %s%s
      </mirrors>
      <profiles>
        <profile>
          <id>outside</id>
          <repositories>
    %s%s
          </repositories>
          <pluginRepositories>
    %s
          </pluginRepositories>
        </profile>
      </profiles>
      <activeProfiles>
        <activeProfile>outside</activeProfile>
      </activeProfiles>
    </settings>
    """
        .formatted(
            mirror.formatted("bqx", BQX.toUri()),
            mirror.formatted("downloaded", DOWNLOADED.toUri()),
            repository.formatted("repository", "bqx", BQX.toUri(), true),
            repository.formatted("repository", "downloaded", DOWNLOADED.toUri(), false),
            repository.formatted("pluginRepository", "downloaded", DOWNLOADED.toUri(), false));
  }

  private static String first(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("The parent's POM has nothing like " + pattern);
    }
    return matcher.group(1);
  }

  /** A project of the build. */
  record OutsideProject(Path folder) {

    /** Copies the files of a folder of sources into the project that are wanted there. */
    OutsideProject with(Path sources, String target, Predicate<String> wanted) throws IOException {
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          if (wanted.test(file.getFileName().toString())) {
            Path copy = folder.resolve(target).resolve(sources.relativize(file).toString());
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy);
          }
        }
      }
      return this;
    }

    /** Versions by group and artifact of everything that the program needs to run. */
    TreeMap<String, String> dependencies() throws IOException {
      TreeMap<String, String> versions = new TreeMap<>();
      DEPENDENCY
          .matcher(Files.readString(folder.resolve("target/dependencies.txt")))
          .results()
          .forEach((MatchResult line) -> versions.put(line.group(1), line.group(2)));
      return versions;
    }

    /** The program's classes and everything that it needs to run, as a path of files. */
    String path() throws IOException {
      return folder.resolve("target/classes")
          + File.pathSeparator
          + Files.readString(folder.resolve("target/class-path.txt")).strip();
    }

    /** Runs a program with these arguments of the JVM; returns what it printed. */
    String java(String password, List<String> arguments) throws IOException, InterruptedException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-XX:TieredStopAtLevel=1");
      command.add("-Duser.language=" + Locale.ENGLISH);
      command.addAll(arguments);
      Path printed = folder.resolve("printed.txt");
      ProcessBuilder java = new ProcessBuilder(command).redirectErrorStream(true);
      java.environment().put("OUTSIDE_PASSWORD", password);
      Process process = java.redirectOutput(printed.toFile()).start();
      if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
      String text = Files.readString(printed);
      if (process.waitFor() != 0) {
        throw new AssertionError(
            "%s ended with %d:%n%s".formatted(folder, process.waitFor(), text));
      }
      return text;
    }
  }
}
