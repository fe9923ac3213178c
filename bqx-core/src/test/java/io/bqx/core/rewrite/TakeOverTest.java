package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.RewriteFixture.COLUMNS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PartitionInfo;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a fresh partition takes over from the one that it replaces. */
class TakeOverTest {

  private final RewriteFixture fixture = new RewriteFixture();
  private final String owner = fixture.schema() + " Owner";
  private final String analyst = fixture.schema() + "_\"analyst\"";
  private final String partition = fixture.july.table().toString();

  @BeforeEach
  void writeOnce() {
    fixture.execute("create role %s", quoted(owner));
    fixture.execute("create role %s", quoted(analyst));
    fixture.write(10, 1);
    fixture.execute(
        "grant usage, create on schema %s to %s", quoted(fixture.schema()), quoted(owner));
  }

  @AfterEach
  void close() {
    fixture.close();
    fixture.execute("drop role if exists %s", quoted(owner));
    fixture.execute("drop role if exists %s", quoted(analyst));
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  private Object value(String expression) {
    PartitionInfo info = fixture.catalog.partition(fixture.july).orElseThrow();
    return fixture.sql.fetchValue(
        "select %s from pg_class c where c.oid = %d".formatted(expression, info.oid()));
  }

  private void rewrite() {
    fixture.write(20, 2);
    assertThat(fixture.marks()).containsExactly(2.0);
  }

  @Test
  void theOwner() {
    fixture.execute("alter table %s owner to %s", partition, quoted(owner));
    rewrite();
    assertThat(value("pg_get_userbyid(c.relowner)")).isEqualTo(owner);
  }

  @Test
  void privilegesOfTheTableAndOfColumnsAndNoMore() {
    fixture.execute("alter table %s owner to %s", partition, quoted(owner));
    fixture.execute("grant select on %s to %s with grant option", partition, quoted(analyst));
    fixture.execute("grant update (value) on %s to %s", partition, quoted(analyst));
    fixture.execute("grant select on %s to public", partition);
    fixture.execute("revoke truncate on %s from %s", partition, quoted(owner));
    var before = TableTraits.grants(fixture.sql, oid());
    rewrite();
    assertThat(TableTraits.grants(fixture.sql, oid()))
        .isEqualTo(before)
        .contains(
            new TableTraits.Grant("SELECT", "", analyst, true),
            new TableTraits.Grant("UPDATE", "value", analyst, false),
            new TableTraits.Grant("SELECT", "", "", false))
        .noneMatch(grant -> grant.privilege().equals("TRUNCATE"));
  }

  @Test
  void defaultPrivilegesOfTheSchemaDoNotAddToThose() {
    fixture.execute(
        "alter default privileges in schema %s grant select on tables to %s",
        fixture.schema(), quoted(analyst));
    rewrite();
    assertThat(TableTraits.grants(fixture.sql, oid()))
        .noneMatch(grant -> grant.role().equals(analyst));
  }

  private long oid() {
    return fixture.catalog.partition(fixture.july).orElseThrow().oid();
  }

  @Test
  void descriptionsOfTheTableAndItsColumnsAndIndexes() {
    fixture.execute("comment on table %s is 'checked by ''Ada'' \\ July'", partition);
    fixture.execute("comment on column %s.value is 'index points'", partition);
    fixture.execute(
        "comment on index %s.reg_bqx_eurusd_2024_07_ts_utc_idx is 'by time'", fixture.schema());
    rewrite();
    assertThat(value("obj_description(c.oid, 'pg_class')")).isEqualTo("checked by 'Ada' \\ July");
    assertThat(value("col_description(c.oid, 2)")).isEqualTo("index points");
    assertThat(
            fixture.sql.fetchValue(
                "select obj_description('%s.reg_bqx_eurusd_2024_07_ts_utc_idx'::regclass)"
                    .formatted(fixture.schema())))
        .isEqualTo("by time");
  }

  @Test
  void storageParametersAndStatisticsTargets() {
    fixture.execute("alter table %s set (fillfactor = 70, autovacuum_enabled = false)", partition);
    fixture.execute("alter table %s alter column value set statistics 17", partition);
    fixture.execute("alter table %s alter column flag set (n_distinct = 2)", partition);
    rewrite();
    assertThat(value("c.reloptions::text")).isEqualTo("{fillfactor=70,autovacuum_enabled=false}");
    assertThat(attribute("value", "attstattarget::text")).isEqualTo("17");
    assertThat(attribute("flag", "attoptions::text")).isEqualTo("{n_distinct=2}");
  }

  @Test
  void defaultsOfColumnsAndChecksOfTheParent() {
    fixture.execute("alter table %s alter column value set default 1.5", partition);
    fixture.execute(
        "alter table %s add constraint small_enough check (small < 1000)", fixture.table.table());
    List<String> before = definitions();
    rewrite();
    assertThat(definitions()).isEqualTo(before);
    assertThat(
            fixture.sql.fetchValue(
                "select coninhcount || conislocal::text from pg_constraint where conrelid = %d and conname = 'small_enough'"
                    .formatted(oid())))
        .isEqualTo("1false");
    fixture.execute("insert into %s (ts_utc) values ('2024-07-31')", partition);
    assertThat(fixture.marks()).containsExactly(1.5, 2.0);
  }

  private Object attribute(String column, String expression) {
    return value(
        "(select a.%s from pg_attribute a where a.attrelid = c.oid and a.attname = '%s')"
            .formatted(expression, column));
  }

  @Test
  void theTablespacesOfTheTableAndOfItsIndexes() {
    String tablespace = fixture.schema() + " space";
    fixture.sql.connection(
        connection -> {
          try (var statement = connection.createStatement()) {
            statement.execute("set allow_in_place_tablespaces = true");
            statement.execute("create tablespace " + quoted(tablespace) + " location ''");
          }
        });
    fixture.execute("alter table %s set tablespace %s", partition, quoted(tablespace));
    fixture.execute(
        "create index on %s (small) tablespace %s where flag", partition, quoted(tablespace));
    rewrite();
    assertThat(value("(select spcname from pg_tablespace where oid = c.reltablespace)"))
        .isEqualTo(tablespace);
    assertThat(
            fixture.sql.fetchValue(
                "select count(*) from pg_indexes where schemaname = '%s' and tablespace = '%s'"
                    .formatted(fixture.schema(), tablespace)))
        .isEqualTo(1L);
    fixture.execute("drop table %s", partition);
    fixture.execute("drop tablespace %s", quoted(tablespace));
  }

  @Test
  void furtherIndexesKeysAndChecks() {
    fixture.execute(
        "create unique index \"odd \"\" USING name\" on %s (small desc, ts_utc) include (value) with (fillfactor = 80) where value > 0",
        partition);
    fixture.execute("alter table %s add constraint by_time unique (ts_utc, small)", partition);
    fixture.execute("alter table %s add constraint sane check (value < 1e9)", partition);
    List<String> before = definitions();
    rewrite();
    assertThat(definitions()).isEqualTo(before).hasSize(5);
  }

  private List<String> definitions() {
    List<String> definitions =
        fixture
            .sql
            .fetch(
                "select pg_get_indexdef(indexrelid) from pg_index where indrelid = %d order by 1"
                    .formatted(oid()))
            .getValues(0, String.class);
    definitions.addAll(
        fixture
            .sql
            .fetch(
                "select conname || pg_get_constraintdef(oid) from pg_constraint where conrelid = %d order by 1"
                    .formatted(oid()))
            .getValues(0, String.class));
    return definitions;
  }

  @Test
  void aPrimaryKeyOfTheParentAndReplicaIdentity() {
    fixture.execute("alter table %s add constraint pk primary key (ts_utc)", fixture.table.table());
    fixture.execute("alter table %s replica identity full", partition);
    rewrite();
    assertThat(value("c.relreplident::text")).isEqualTo("f");
    assertThat(definitions()).anyMatch(d -> d.contains("PRIMARY KEY (ts_utc)"));
    assertThat(
            fixture.sql.fetchValue(
                "select count(*) from pg_constraint where conrelid = %d and contype = 'p' and conparentid <> 0"
                    .formatted(oid())))
        .isEqualTo(1L);
  }

  @Test
  void aNewMonthTakesOwnerPrivilegesAndStatisticsTargetsFromTheParent() {
    fixture.execute("grant select on %s to %s", fixture.table.table(), quoted(analyst));
    fixture.execute("alter table %s alter column value set statistics 33", fixture.table.table());
    fixture.execute("alter table only %s owner to %s", fixture.table.table(), quoted(owner));
    fixture.rewriter.swap(
        fixture.rewriter.stage(
            fixture.august, UUID.randomUUID(), TestRows.of(COLUMNS, fixture.august.from(), 10, 1)),
        tx -> {});
    TableTraits traits =
        TableTraits.read(
                fixture.sql,
                fixture.catalog.partition(fixture.august).orElseThrow().oid(),
                "ts_utc")
            .orElseThrow();
    assertThat(traits.owner()).isEqualTo(owner);
    assertThat(traits.grants()).contains(new TableTraits.Grant("SELECT", "", analyst, false));
    assertThat(traits.columns()).singleElement().returns(33, TableTraits.Column::statisticsTarget);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "the trigger watch|create trigger watch before update on %1$s for each row execute function suppress_redundant_updates_trigger()",
        "the row security policy mine|create policy mine on %1$s",
        "row security on|alter table %1$s enable row level security",
        "the extended statistics|create statistics on value, small from %1$s",
        "the dependent view v_july|create view %2$s.v_july as select value from %1$s",
        "the constraint self|alter table %1$s add constraint self foreign key (ts_utc) references %1$s (ts_utc)",
      })
  void whatCannotBeTakenOverIsNamedBeforeAnythingIsWritten(String named, String statement) {
    fixture.sql.execute(statement.formatted(partition, fixture.schema()));
    assertThatThrownBy(() -> fixture.stage(20, 2))
        .isInstanceOf(BqxException.class)
        .hasMessageContainingAll("reg_bqx_eurusd 2024-07", named);
    assertThat(fixture.marks()).containsExactly(1.0);
  }
}
