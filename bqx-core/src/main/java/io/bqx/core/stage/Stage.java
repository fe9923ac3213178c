package io.bqx.core.stage;

import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.TableFamily;
import io.bqx.features.FeatureColumn;
import io.bqx.features.Formula;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A step of the job: an id, the table that it extends, the source that it reads and the formula
 * that computes its columns.
 *
 * <p>A partition's stage is done again when its version, its parameters or its input change. Change
 * the version whenever the formula gives other values for the same input.
 *
 * @param <I> the type of the source
 */
public final class Stage<I> {

  private final String id;
  private final String name;
  private final int version;
  private final TableFamily table;
  private final StageSource<I> source;
  private final Formula<I> formula;
  private final String parameters;
  private final List<String> requires;

  private Stage(Builder<I> builder) {
    this.id = builder.id;
    this.name = builder.name;
    this.version = builder.version;
    this.table = builder.table;
    this.source = builder.source;
    this.formula = builder.formula;
    this.parameters = builder.parameters;
    this.requires = List.copyOf(builder.requires);
  }

  private Stage(Stage<I> other, TableFamily table) {
    this.id = other.id;
    this.name = other.name;
    this.version = other.version;
    this.table = table;
    this.source = other.source;
    this.formula = other.formula;
    this.parameters = other.parameters;
    this.requires = other.requires;
  }

  /**
   * Begins a stage that computes a formula from a source.
   *
   * @param id the short name by which people and the ledger know it: {@code "2.3"}
   */
  public static <I> Builder<I> computing(String id, StageSource<I> source, Formula<I> formula) {
    return new Builder<>(id, source, formula);
  }

  /** The short name by which people and the ledger know this stage: {@code "2.3"}. */
  public String id() {
    return id;
  }

  /** What the stage computes, in a few words. */
  public String name() {
    return name;
  }

  /** The version of the computation. */
  public int version() {
    return version;
  }

  /** The family of tables that the stage adds its columns to. */
  public TableFamily table() {
    return table;
  }

  /** What the stage is computed from. */
  public StageSource<I> source() {
    return source;
  }

  /** The formula. */
  public Formula<I> formula() {
    return formula;
  }

  /**
   * The settings that change the values, in one canonical line: {@code "cost=0.02 threshold=0.0"}.
   */
  public String parameters() {
    return parameters;
  }

  /** The stages that compute this one's source. */
  public List<String> requires() {
    return requires;
  }

  /** The columns that the stage adds, in table order. */
  public List<FeatureColumn> columns() {
    return formula.columns();
  }

  /** This stage in the table that a layout has its columns in. */
  Stage<I> in(Layout layout) {
    TableFamily from = layout == Layout.SHARED ? TableFamily.REG_BQX : TableFamily.MARKET;
    TableFamily to = layout == Layout.SHARED ? TableFamily.MARKET : TableFamily.REG_BQX;
    return source.isMarket() && table == from ? new Stage<>(this, to) : this;
  }

  /** For example {@code Stage[2.3 currency indices]}. */
  @Override
  public String toString() {
    return "Stage[" + id + " " + name + "]";
  }

  /**
   * The optional parts of a stage.
   *
   * @param <I> the type of the source
   */
  public static final class Builder<I> {

    private final String id;
    private final StageSource<I> source;
    private final Formula<I> formula;
    private String name;
    private int version = 1;
    private TableFamily table = TableFamily.REG_BQX;
    private String parameters = "";
    private List<String> requires;

    private Builder(String id, StageSource<I> source, Formula<I> formula) {
      if (!id.matches("[0-9A-Za-z][0-9A-Za-z._-]{0,31}")) {
        throw new IllegalArgumentException(
            "'"
                + id
                + "' cannot name a stage; use up to 32 letters, digits, dots, dashes and underscores");
      }
      this.id = id;
      this.name = id;
      this.source = Objects.requireNonNull(source, "source");
      this.formula = Objects.requireNonNull(formula, "formula");
      this.requires =
          source == StageSource.RATE_INDEX || source == StageSource.MARKET_CLOSES
              ? List.of()
              : List.of(source == StageSource.BQX_RETURN ? "1.5" : "2.12");
    }

    /** What the stage computes, in a few words; its id if it is not set. */
    public Builder<I> named(String newName) {
      this.name = Objects.requireNonNull(newName, "name");
      return this;
    }

    /**
     * The version of the computation; 1 if it is not set.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Builder<I> version(int newVersion) {
      if (newVersion < 1) {
        throw new IllegalArgumentException(
            "The version of stage " + id + " must be 1 or more, not " + newVersion);
      }
      this.version = newVersion;
      return this;
    }

    /**
     * The family of tables to extend; {@code reg_bqx} if it is not set.
     *
     * @throws IllegalArgumentException if it is the table of bars, which no stage changes, or the
     *     market's, of which the layout decides
     */
    public Builder<I> extending(TableFamily family) {
      if (family == TableFamily.M1) {
        throw new IllegalArgumentException("Stage " + id + " cannot extend the tables of bars");
      }
      if (family == TableFamily.MARKET) {
        throw new IllegalArgumentException(
            "Stage "
                + id
                + " cannot extend the market's table: market stages of reg_bqx go there in the shared layout");
      }
      this.table = family;
      return this;
    }

    /** The settings that change the values, in one canonical line; none if it is not set. */
    public Builder<I> parameters(String line) {
      this.parameters = Objects.requireNonNull(line, "parameters");
      return this;
    }

    /**
     * The stage.
     *
     * @throws IllegalArgumentException if the formula has no columns, or one of another stage
     */
    public Stage<I> build() {
      List<FeatureColumn> columns = formula.columns();
      if (columns.isEmpty()) {
        throw new IllegalArgumentException(
            "Stage " + id + " cannot be made: its formula has no columns");
      }
      for (FeatureColumn column : columns) {
        if (!column.stage().equals(id)) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "Stage %s cannot be made: its formula says that the column %s is of stage %s. Give the stage and its columns the same id",
                  id,
                  column.name(),
                  column.stage()));
        }
      }
      return new Stage<>(this);
    }
  }
}
