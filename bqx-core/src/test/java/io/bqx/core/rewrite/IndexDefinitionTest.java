package io.bqx.core.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IndexDefinitionTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE INDEX i ON t USING btree (a)",
        "CREATE UNIQUE INDEX i ON s.t USING btree (a)",
        "CREATE INDEX i ON ONLY s.t USING btree (a)",
        "CREATE INDEX \"a USING b\" ON \"ON ONLY\".\"x\"\" USING y\" USING btree (a)",
        "CREATE UNIQUE INDEX \"\"\"\" ON ONLY s.\"a.b\" USING btree (a)",
      })
  void whatFollowsTheTablesNameIsFoundBehindAnyName(String statement) {
    assertThat(IndexDefinition.afterTable(statement)).isEqualTo("USING btree (a)");
  }

  @Test
  void aStatementOfAnotherShapeIsRefusedInFull() {
    assertThatThrownBy(() -> IndexDefinition.afterTable("CREATE TABLE t (a int)"))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("CREATE TABLE t (a int)", "INDEX");
  }
}
