package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.SystemCatalog.bool;
import static io.bqx.core.rewrite.SystemCatalog.catalog;
import static io.bqx.core.rewrite.SystemCatalog.catalogOid;
import static io.bqx.core.rewrite.SystemCatalog.oid;
import static io.bqx.core.rewrite.SystemCatalog.text;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.lateral;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.table;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Table;
import org.jooq.impl.SQLDataType;

/**
 * What a table has besides its columns and rows, as far as a fresh table takes it over from the one
 * that it replaces. Storage and compression of columns are not among it: every column has a type of
 * fixed length, for which PostgreSQL knows only one.
 *
 * @param owner the role that owns it
 * @param grants who may do what, the owner included
 * @param tablespace its tablespace; empty for the database's own
 * @param unlogged whether it is empty after a crash of the server
 * @param options its storage parameters by name
 * @param comment its description; empty if it has none
 * @param replicaIdentity what replication logs of old rows: PostgreSQL's letter d, f, n or i
 * @param columns columns that have an option of their own
 * @param indexes its indexes in the order in which they were made, without invalid ones
 * @param checks definitions of its own checks by name, without those that it has from its parent
 * @param untransferable what else it has, which cannot be taken over, in words; empty if there is
 *     nothing
 */
record TableTraits(
    String owner,
    Set<Grant> grants,
    String tablespace,
    boolean unlogged,
    Map<String, String> options,
    String comment,
    String replicaIdentity,
    List<Column> columns,
    List<Index> indexes,
    Map<String, String> checks,
    List<String> untransferable) {

  /** A privilege; the column is empty for the whole table, the role is empty for everybody. */
  record Grant(String privilege, String column, String role, boolean grantable) {}

  /**
   * What a column has of its own.
   *
   * @param defaultValue the expression; empty if there is none
   * @param statisticsTarget -1 for the database's
   * @param options planner options
   */
  record Column(
      String name,
      String defaultValue,
      int statisticsTarget,
      Map<String, String> options,
      String comment) {}

  /**
   * An index.
   *
   * @param definition what follows the table's name in the statement that creates it
   * @param key {@code "p"} and {@code "u"} for the index of a primary key and of a unique
   *     constraint, else empty
   * @param parent the parent's index that it belongs to; 0 if there is none
   * @param uniqueOverTime whether it lets no two rows have the same time
   */
  record Index(
      long oid,
      String name,
      String definition,
      boolean unique,
      String key,
      String tablespace,
      String comment,
      long parent,
      boolean uniqueOverTime,
      boolean replicaIdentity) {}

  private static final Table<?> CLASS = catalog("pg_class", "c");
  private static final Field<Long> OID = oid("c", "oid");

  /**
   * Reads them from the catalogue, in a fixed number of short queries; empty if there is no such
   * table any more.
   */
  static Optional<TableTraits> read(DSLContext dsl, long relation, String timeColumn) {
    Field<String[]> options = field(name("c", "reloptions"), SQLDataType.VARCHAR.array());
    Table<?> tablespace = catalog("pg_tablespace", "t");
    return dsl.select(
            userOf(oid("c", "relowner")),
            coalesce(text("t", "spcname"), inline("")),
            text("c", "relpersistence"),
            options,
            comment(OID, "pg_class"),
            text("c", "relreplident"))
        .from(CLASS)
        .leftJoin(tablespace)
        .on(oid("t", "oid").eq(oid("c", "reltablespace")))
        .where(OID.eq(relation))
        .fetchOptional(
            row ->
                new TableTraits(
                    row.value1(),
                    grants(dsl, relation),
                    row.value2(),
                    row.value3().equals("u"),
                    options(row.value4()),
                    row.value5(),
                    row.value6(),
                    columns(dsl, relation),
                    indexes(dsl, relation, timeColumn),
                    checks(dsl, relation),
                    RewriteObstacles.of(dsl, List.of(relation)).getOrDefault(relation, List.of())));
  }

  /**
   * What a fresh table without any of its own takes from its parent: no names, keys or
   * descriptions.
   */
  TableTraits inherited() {
    return new TableTraits(
        owner,
        grants,
        tablespace,
        false,
        Map.of(),
        "",
        "d",
        columns.stream()
            .map(c -> new Column(c.name(), c.defaultValue(), c.statisticsTarget(), c.options(), ""))
            .toList(),
        List.of(),
        Map.of(),
        List.of());
  }

  /** The role that owns a table. */
  static String ownerOf(DSLContext dsl, long relation) {
    return dsl.select(userOf(oid("c", "relowner")))
        .from(CLASS)
        .where(OID.eq(relation))
        .fetchSingle()
        .value1();
  }

  /** Who may do what on a table. */
  static Set<Grant> grants(DSLContext dsl, long relation) {
    Field<String> role = coalesce(text("r", "rolname"), inline(""));
    Field<String> privilege = text("x", "privilege_type");
    Field<Boolean> grantable = bool("x", "is_grantable");
    Table<?> roles = catalog("pg_roles", "r");
    Field<Object> ofTable =
        coalesce(
            field(name("c", "relacl")),
            function(
                name("pg_catalog", "acldefault"),
                Object.class,
                inline("r"),
                field(name("c", "relowner"))));
    return Set.copyOf(
        dsl.select(privilege, inline(""), role, grantable)
            .from(CLASS)
            .crossJoin(exploded(ofTable))
            .leftJoin(roles)
            .on(oid("r", "oid").eq(oid("x", "grantee")))
            .where(OID.eq(relation))
            .unionAll(
                select(privilege, text("a", "attname"), role, grantable)
                    .from(catalog("pg_attribute", "a"))
                    .crossJoin(exploded(field(name("a", "attacl"))))
                    .leftJoin(roles)
                    .on(oid("r", "oid").eq(oid("x", "grantee")))
                    .where(oid("a", "attrelid").eq(relation), bool("a", "attisdropped").isFalse()))
            .fetchSet(row -> new Grant(row.value1(), row.value2(), row.value3(), row.value4())));
  }

  private static Table<?> exploded(Field<?> acl) {
    return lateral(table("{0}({1})", name("pg_catalog", "aclexplode"), acl)).as("x");
  }

  private static List<Column> columns(DSLContext dsl, long relation) {
    Table<?> attribute = catalog("pg_attribute", "a");
    Field<Integer> target =
        coalesce(field(name("a", "attstattarget"), SQLDataType.INTEGER), inline(-1));
    Field<String[]> options = field(name("a", "attoptions"), SQLDataType.VARCHAR.array());
    Field<Integer> position = field(name("a", "attnum"), SQLDataType.INTEGER);
    // A join, because col_description is a query of its own for each of hundreds of columns.
    Table<?> descriptions = catalog("pg_description", "e");
    Field<String> comment = coalesce(text("e", "description"), inline(""));
    Table<?> defaults = catalog("pg_attrdef", "d");
    Field<String> value =
        coalesce(
            function(
                name("pg_catalog", "pg_get_expr"),
                SQLDataType.VARCHAR,
                field(name("d", "adbin")),
                oid("d", "adrelid")),
            inline(""));
    return dsl.select(text("a", "attname"), value, target, options, comment)
        .from(attribute)
        .leftJoin(defaults)
        .on(oid("d", "adrelid").eq(oid("a", "attrelid")))
        .and(field(name("d", "adnum"), SQLDataType.INTEGER).eq(position))
        .leftJoin(descriptions)
        .on(oid("e", "objoid").eq(oid("a", "attrelid")))
        .and(oid("e", "classoid").eq(catalogOid("pg_catalog.pg_class")))
        .and(field(name("e", "objsubid"), SQLDataType.INTEGER).eq(position))
        .where(
            oid("a", "attrelid").eq(relation),
            position.gt(0),
            bool("a", "attisdropped").isFalse(),
            value
                .ne(inline(""))
                .or(target.ge(0))
                .or(options.isNotNull())
                .or(comment.ne(inline(""))))
        .orderBy(position)
        .fetch(
            row ->
                new Column(
                    row.value1(), row.value2(), row.value3(), options(row.value4()), row.value5()));
  }

  /** The indexes of a table in the order in which they were made, without invalid ones. */
  static List<Index> indexes(DSLContext dsl, long relation, String timeColumn) {
    Table<?> index = catalog("pg_index", "i");
    Table<?> constraint = catalog("pg_constraint", "k");
    Table<?> inherits = catalog("pg_inherits", "h");
    Table<?> tablespace = catalog("pg_tablespace", "t");
    Table<?> attribute = catalog("pg_attribute", "a");
    // Null for an index that has been dropped since the statement began.
    Field<String> definition =
        function(name("pg_catalog", "pg_get_indexdef"), SQLDataType.VARCHAR, OID);
    Condition overTime =
        bool("i", "indisunique")
            .isTrue()
            .and(field(name("i", "indnkeyatts"), SQLDataType.INTEGER).eq(inline(1)))
            .and(field(name("i", "indpred")).isNull())
            .and(
                exists(
                    select(inline(1))
                        .from(attribute)
                        .where(
                            oid("a", "attrelid").eq(oid("i", "indrelid")),
                            field(name("a", "attnum"), SQLDataType.INTEGER)
                                .eq(field("{0}[0]", Integer.class, field(name("i", "indkey")))),
                            text("a", "attname").eq(timeColumn))));
    return dsl.select(
            OID,
            text("c", "relname"),
            definition,
            bool("i", "indisunique"),
            coalesce(text("k", "contype"), inline("")),
            coalesce(text("t", "spcname"), inline("")),
            comment(OID, "pg_class"),
            coalesce(oid("h", "inhparent"), inline(0L)),
            field(overTime),
            bool("i", "indisreplident"))
        .from(index)
        .join(CLASS)
        .on(OID.eq(oid("i", "indexrelid")))
        .leftJoin(constraint)
        .on(oid("k", "conindid").eq(OID))
        .and(oid("k", "conrelid").eq(oid("i", "indrelid")))
        .and(text("k", "contype").in(inline("p"), inline("u")))
        .leftJoin(inherits)
        .on(oid("h", "inhrelid").eq(OID))
        .leftJoin(tablespace)
        .on(oid("t", "oid").eq(oid("c", "reltablespace")))
        .where(
            oid("i", "indrelid").eq(relation),
            definition.isNotNull(),
            // A concurrent build that failed leaves an invalid index, which nothing uses.
            bool("i", "indisvalid").isTrue().or(text("c", "relkind").eq(inline("I"))))
        // ATTACH pairs equal indexes of parent and partition in this order.
        .orderBy(OID)
        .fetch(
            row ->
                new Index(
                    row.value1(),
                    row.value2(),
                    IndexDefinition.afterTable(row.value3()),
                    row.value4(),
                    row.value5(),
                    row.value6(),
                    row.value7(),
                    row.value8(),
                    row.value9(),
                    row.value10()));
  }

  /** Definitions of a table's own checks by name. */
  static Map<String, String> checks(DSLContext dsl, long relation) {
    return dsl.select(
            text("k", "conname"),
            function(
                name("pg_catalog", "pg_get_constraintdef"), SQLDataType.VARCHAR, oid("k", "oid")))
        .from(catalog("pg_constraint", "k"))
        .where(
            oid("k", "conrelid").eq(relation),
            text("k", "contype").eq(inline("c")),
            field(name("k", "coninhcount"), SQLDataType.INTEGER).eq(inline(0)))
        .fetchMap(row -> row.value1(), row -> row.value2());
  }

  private static Map<String, String> options(String[] entries) {
    Map<String, String> options = new LinkedHashMap<>();
    if (entries != null) {
      for (String entry : entries) {
        int separator = entry.indexOf('=');
        options.put(entry.substring(0, separator), entry.substring(separator + 1));
      }
    }
    return options;
  }

  private static Field<String> userOf(Field<Long> role) {
    return function(name("pg_catalog", "pg_get_userbyid"), SQLDataType.VARCHAR, role);
  }

  private static Field<String> comment(Field<Long> oid, String catalog) {
    return coalesce(
        function(name("pg_catalog", "obj_description"), SQLDataType.VARCHAR, oid, inline(catalog)),
        inline(""));
  }
}
