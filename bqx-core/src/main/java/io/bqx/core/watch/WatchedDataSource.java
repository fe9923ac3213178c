package io.bqx.core.watch;

import io.bqx.core.copy.CopyProgress;
import java.io.PrintWriter;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/** Connections that tell an activity which statement is in hand and when it has ended. */
final class WatchedDataSource implements DataSource {

  private final DataSource dataSource;
  private final Activity activity;

  WatchedDataSource(DataSource dataSource, Activity activity) {
    this.dataSource = dataSource;
    this.activity = activity;
  }

  @Override
  public Connection getConnection() throws SQLException {
    return watched(dataSource::getConnection);
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return watched(() -> dataSource.getConnection(user, password));
  }

  private Connection watched(Opening opening) throws SQLException {
    Session connecting = new Session(null, 0);
    connecting.callBegins("connect");
    activity.opened(connecting);
    Connection connection;
    try {
      connection = opening.open();
    } finally {
      activity.closed(connecting);
    }
    Session session = new Session(connection, pidOf(connection));
    activity.opened(session);
    return proxy(Connection.class, new ConnectionCalls(connection, session));
  }

  private static int pidOf(Connection connection) throws SQLException {
    return connection.isWrapperFor(PGConnection.class)
        ? connection.unwrap(PGConnection.class).getBackendPID()
        : 0;
  }

  private static <T> T proxy(Class<T> type, InvocationHandler calls) {
    return type.cast(
        Proxy.newProxyInstance(
            WatchedDataSource.class.getClassLoader(), new Class<?>[] {type}, calls));
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** How a connection is got. */
  @FunctionalInterface
  private interface Opening {
    Connection open() throws SQLException;
  }

  /** What the proxies of a connection and of its statements have in common. */
  private abstract static class Calls implements InvocationHandler {

    private final Object target;
    private final Session session;

    Calls(Object target, Session session) {
      this.target = target;
      this.session = session;
    }

    Session session() {
      return session;
    }

    /** The statement that a call waits for, null if it waits for none. */
    abstract String waitsFor(String method, Object[] arguments);

    Object result(Object result, Method method, Object[] arguments) {
      return result;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("equals")) {
        return proxy == arguments[0];
      }
      String call = waitsFor(method.getName(), arguments);
      if (call == null) {
        return result(WatchedDataSource.invoke(target, method, arguments), method, arguments);
      }
      session.callBegins(call);
      try {
        return WatchedDataSource.invoke(target, method, arguments);
      } finally {
        session.callEnds();
      }
    }
  }

  private final class ConnectionCalls extends Calls {

    private static final Set<String> WAITING =
        Set.of("commit", "rollback", "setAutoCommit", "isValid", "setReadOnly");

    ConnectionCalls(Connection connection, Session session) {
      super(connection, session);
    }

    @Override
    String waitsFor(String method, Object[] arguments) {
      return WAITING.contains(method) ? method : null;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
      switch (method.getName()) {
        case "close", "abort" -> {
          session().callBegins(method.getName());
          try {
            return super.invoke(proxy, method, arguments);
          } finally {
            activity.closed(session());
          }
        }
        case "unwrap" -> {
          if (arguments[0] == CopyProgress.class) {
            return session();
          }
        }
        case "isWrapperFor" -> {
          if (arguments[0] == CopyProgress.class) {
            return true;
          }
        }
        default -> {}
      }
      return super.invoke(proxy, method, arguments);
    }

    @Override
    Object result(Object result, Method method, Object[] arguments) {
      if (!(result instanceof Statement)) {
        return result;
      }
      String sql = arguments != null && arguments[0] instanceof String text ? text : "";
      return proxy(
          method.getReturnType().asSubclass(Statement.class),
          new StatementCalls(result, session(), sql));
    }
  }

  private static final class StatementCalls extends Calls {

    private final String prepared;

    StatementCalls(Object statement, Session session, String prepared) {
      super(statement, session);
      this.prepared = prepared;
    }

    @Override
    String waitsFor(String method, Object[] arguments) {
      if (!method.startsWith("execute")) {
        return null;
      }
      return arguments != null && arguments[0] instanceof String sql ? sql : prepared;
    }
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return dataSource.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    dataSource.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    dataSource.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return dataSource.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getLogger("io.bqx.core.watch");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return type.isInstance(dataSource) ? type.cast(dataSource) : dataSource.unwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return type.isInstance(dataSource) || dataSource.isWrapperFor(type);
  }
}
