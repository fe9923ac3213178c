package io.bqx.core.run;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;
import org.postgresql.core.BaseConnection;

/**
 * Connections that tell an observer of everything that they do, so that a test can let a fault
 * happen exactly there.
 *
 * <p>The events are {@code before SQL} and {@code after SQL} of a statement, {@code before commit
 * of SQL} and {@code after commit of SQL} with the last statement of the transaction, {@code
 * copy-in SQL} after each block sent and {@code copy-out SQL} after each row received.
 */
final class ObservedDatabase {

  /** Hears of an event on the thread that causes it; what it throws, the caller of JDBC gets. */
  interface Observer {
    void saw(String event, Connection connection) throws SQLException;
  }

  private ObservedDatabase() {}

  static DataSource of(DataSource dataSource, Observer observer) {
    return proxy(
        DataSource.class,
        (proxy, method, arguments) -> {
          Object result = call(dataSource, method, arguments);
          return result instanceof Connection connection
              ? proxy(Connection.class, new ObservedConnection(connection, observer))
              : result;
        });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            ObservedDatabase.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static final class ObservedConnection implements InvocationHandler {

    private final Connection connection;
    private final Observer observer;
    private String last = "nothing";

    ObservedConnection(Connection connection, Observer observer) {
      this.connection = connection;
      this.observer = observer;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
      switch (method.getName()) {
        case "createStatement":
          return proxy(Statement.class, statement(call(connection, method, arguments), null));
        case "prepareStatement":
          return proxy(
              PreparedStatement.class,
              statement(call(connection, method, arguments), (String) arguments[0]));
        case "commit":
          return observed("commit of " + last, connection, method, arguments);
        case "unwrap":
          return arguments[0] == PGConnection.class
              ? proxy(PGConnection.class, this::copies)
              : call(connection, method, arguments);
        default:
          return call(connection, method, arguments);
      }
    }

    private InvocationHandler statement(Object statement, String prepared) {
      return (proxy, method, arguments) -> {
        if (!method.getName().startsWith("execute")) {
          return call(statement, method, arguments);
        }
        last = prepared != null ? prepared : arguments == null ? "batch" : (String) arguments[0];
        return observed(last, statement, method, arguments);
      };
    }

    private Object observed(String what, Object target, Method method, Object[] arguments)
        throws Throwable {
      observer.saw("before " + what, connection);
      Object result = call(target, method, arguments);
      observer.saw("after " + what, connection);
      return result;
    }

    private Object copies(Object proxy, Method method, Object[] arguments) throws Throwable {
      return method.getName().equals("getCopyAPI")
          ? new ObservedCopies()
          : call(connection.unwrap(PGConnection.class), method, arguments);
    }

    private final class ObservedCopies extends CopyManager {

      ObservedCopies() throws SQLException {
        super(connection.unwrap(BaseConnection.class));
      }

      @Override
      public CopyIn copyIn(String sql) throws SQLException {
        return copy(CopyIn.class, super.copyIn(sql), "writeToCopy", "copy-in " + sql);
      }

      @Override
      public CopyOut copyOut(String sql) throws SQLException {
        return copy(CopyOut.class, super.copyOut(sql), "readFromCopy", "copy-out " + sql);
      }

      private <T> T copy(Class<T> type, T copy, String step, String event) {
        return proxy(
            type,
            (proxy, method, arguments) -> {
              Object result = call(copy, method, arguments);
              if (method.getName().equals(step)) {
                observer.saw(event, connection);
              }
              return result;
            });
      }
    }
  }
}
