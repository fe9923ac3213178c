package io.bqx.examples.tutorial;

import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunReport;
import io.bqx.core.validation.ValidationReport;
import java.time.YearMonth;
import javax.sql.DataSource;

public final class ReturnRangeJob {

  private ReturnRangeJob() {}

  public static RunReport run(DataSource dataSource, YearMonth from, YearMonth to) {
    return job(dataSource, from, to).run();
  }

  public static ValidationReport validate(DataSource dataSource, YearMonth from, YearMonth to) {
    return job(dataSource, from, to).validate();
  }

  private static Phase2 job(DataSource dataSource, YearMonth from, YearMonth to) {
    return Phase2.on(dataSource).months(from, to).with(ReturnRange.stage(30));
  }
}
