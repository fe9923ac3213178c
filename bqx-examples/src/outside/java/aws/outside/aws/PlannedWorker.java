package outside.aws;

import io.bqx.aws.AwsClients;
import io.bqx.aws.cost.CostModel;
import io.bqx.aws.cost.CostPlan;
import io.bqx.aws.cost.CostPlanFile;
import io.bqx.aws.worker.Worker;
import io.bqx.aws.worker.WorkerSpec;
import io.bqx.core.run.Phase2;
import java.nio.file.Path;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;

/** Reads the specification and the plan of a rented worker, without asking AWS anything. */
public final class PlannedWorker {

  private PlannedWorker() {}

  /**
   * Prints what would be rented, what it would run and cost, and which modules say so.
   *
   * @param arguments a specification, a plan of its cost
   */
  public static void main(String[] arguments) {
    WorkerSpec spec = WorkerSpec.fromFile(Path.of(arguments[0]));
    CostPlan plan = CostPlanFile.read(Path.of(arguments[1]));
    try (AwsClients clients =
        AwsClients.builder()
            .region(Region.US_EAST_1)
            .credentials(AnonymousCredentialsProvider.create())
            .build()) {
      String script = Worker.with(clients).spec(spec).userData();
      System.out.println("machine: " + spec.name() + ", " + spec.instanceTypes().get(0));
      System.out.println("script: " + script.lines().findFirst().orElseThrow());
    }
    System.out.println(
        "planned: "
            + CostModel.of(plan, plan.hourPrice().orElseThrow()).planned().total()
            + " USD");
    System.out.println(
        "modules: "
            + PlannedWorker.class.getModule().getName()
            + ", "
            + Worker.class.getModule().getName()
            + ", "
            + Phase2.class.getModule().getName());
  }
}
