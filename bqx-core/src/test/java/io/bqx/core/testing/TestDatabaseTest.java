package io.bqx.core.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Test;

class TestDatabaseTest {

  private final DSLContext sql = DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);

  @Test
  void everySchemaIsNewAndGoneAfterClose() {
    TestSchema one = TestDatabase.newSchema("testing");
    try (one;
        TestSchema other = TestDatabase.newSchema("testing")) {
      assertThat(one.name()).startsWith("testing_").isNotEqualTo(other.name());
      one.create();
      assertThat(sql.meta().getSchemas(DSL.name(one.name()))).hasSize(1);
    }
    assertThat(sql.meta().getSchemas(DSL.name(one.name()))).isEmpty();
  }

  @Test
  void aSchemaPrefixThatWouldNeedQuotesIsRefused() {
    assertThatThrownBy(() -> TestDatabase.newSchema("a\"b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a\"b");
  }
}
