package io.bqx.examples;

import io.bqx.core.roles.RoleScripts;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Prints the SQL that creates the roles of a schema. */
@Command(
    name = "roles",
    description = {
      "Prints SQL that creates roles with the least privileges: an owner of the schema and its tables, a writer that runs"
          + " bqx, and a reader of features and ledger. Connects to nothing.",
      "",
      "Run it in the database of the schema as a superuser, or as the database's owner if that role may create roles; again"
          + " with --only reader when the first bars have been computed. Then set the passwords, in psql with \\password."
    },
    footer = {
      "",
      "Examples:",
      "  bqx roles | psql -d fx",
      "  bqx roles --schema bqx --only writer --writer second_writer | psql -d fx",
      "",
      "Exit codes: 0 printed, 2 bad usage."
    })
final class RolesCommand implements Callable<Integer> {

  /** The roles there are scripts for. */
  enum Script {
    OWNER,
    WRITER,
    READER;

    private String of(RoleScripts scripts) {
      return switch (this) {
        case OWNER -> scripts.ownerScript();
        case WRITER -> scripts.writerScript();
        case READER -> scripts.readerScript();
      };
    }
  }

  @Spec private CommandSpec command;

  @Option(
      names = "--schema",
      paramLabel = "NAME",
      defaultValue = DatabaseOptions.DEFAULT_SCHEMA,
      description = "The schema of the tables; ${DEFAULT-VALUE} if not given.")
  private String schema;

  @Option(
      names = "--owner",
      paramLabel = "NAME",
      defaultValue = "bqx_owner",
      description = "The role that owns schema and tables; ${DEFAULT-VALUE} if not given.")
  private String owner;

  @Option(
      names = "--writer",
      paramLabel = "NAME",
      defaultValue = "bqx_writer",
      description = "The role that runs bqx; ${DEFAULT-VALUE} if not given.")
  private String writer;

  @Option(
      names = "--reader",
      paramLabel = "NAME",
      defaultValue = "bqx_reader",
      description = "The role that reads features and ledger; ${DEFAULT-VALUE} if not given.")
  private String reader;

  @Option(
      names = "--only",
      paramLabel = "ROLE",
      description = "Only the script of one of them: owner, writer or reader.")
  private Script only;

  @Override
  public Integer call() {
    RoleScripts scripts;
    try {
      scripts = new RoleScripts(schema, owner, writer, reader);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage());
    }
    Console console = new Console(command);
    for (Script script : Script.values()) {
      if (only == null || only == script) {
        console.print(script.of(scripts));
      }
    }
    return 0;
  }
}
