package io.bqx.aws.policies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.aws.testing.ActionRecorder;
import io.bqx.aws.testing.IamActions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The policies of {@code docs/aws-policies.md} allow what the other tests of this module have
 * called, and nothing else. Runs after them in a JVM of its own, and removes what they wrote down.
 */
class PolicyCoverage {

  private static final Path PAGE = Path.of("..", "docs", "aws-policies.md");
  private static final Pattern DOCUMENT = Pattern.compile("```json\\n(.*?)```", Pattern.DOTALL);

  private static final Set<String> called = new TreeSet<>();
  private static final Set<String> allowed = new TreeSet<>();

  @BeforeAll
  static void read() throws IOException {
    try (Stream<Path> files =
        Files.isDirectory(ActionRecorder.FOLDER)
            ? Files.list(ActionRecorder.FOLDER)
            : Stream.empty()) {
      files.flatMap(PolicyCoverage::lines).map(IamActions::of).forEach(called::addAll);
    }
    for (Map<?, ?> statement : statements()) {
      assertThat(statement.get("Effect")).isEqualTo("Allow");
      texts(statement.get("Action")).forEach(allowed::add);
    }
  }

  @AfterAll
  static void remove() throws IOException {
    if (Files.isDirectory(ActionRecorder.FOLDER)) {
      try (Stream<Path> files = Files.list(ActionRecorder.FOLDER)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Collection<Map<?, ?>> statements() throws IOException {
    Collection<Map<?, ?>> statements = new ArrayList<>();
    Matcher document = DOCUMENT.matcher(Files.readString(PAGE));
    while (document.find()) {
      Map<String, Object> policy = JSON.std.mapFrom(document.group(1));
      assertThat(policy).containsEntry("Version", "2012-10-17");
      ((List<?>) policy.get("Statement")).forEach(s -> statements.add((Map<?, ?>) s));
    }
    return statements;
  }

  private static List<String> texts(Object oneOrMany) {
    return oneOrMany instanceof List<?> many
        ? many.stream().map(Object::toString).toList()
        : List.of(oneOrMany.toString());
  }

  @Test
  void everyActionThatIsCalledIsInAPolicy() {
    assertThat(allowed).containsAll(called);
  }

  @Test
  void everyActionOfThePoliciesIsCalled() {
    String selected = System.getProperty("bqx.selected.tests", "");
    assumeTrue(selected.isEmpty(), "not all tests have run, only " + selected);
    Set<String> unused = new TreeSet<>(allowed);
    unused.removeAll(called);
    assertThat(unused).as("actions of the policies that no test of this module calls").isEmpty();
  }

  @Test
  void noActionIsAllowedByAPattern() {
    assertThat(allowed).isNotEmpty().noneMatch(action -> action.contains("*"));
  }

  @Test
  void everyStatementSaysWhatItIsForAndOnWhat() throws IOException {
    assertThat(statements())
        .allSatisfy(s -> assertThat(s.keySet().toString()).contains("Sid", "Action", "Resource"));
  }
}
