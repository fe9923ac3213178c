package io.bqx.core.watch;

import io.bqx.core.copy.CopyProgress;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/** Connections that tell an activity which statement is in hand and when it has ended. */
final class WatchedDataSource implements InvocationHandler {

  private final DataSource dataSource;
  private final Activity activity;

  private WatchedDataSource(DataSource dataSource, Activity activity) {
    this.dataSource = dataSource;
    this.activity = activity;
  }

  /** The data source, whose connections are watched. */
  static DataSource of(DataSource dataSource, Activity activity) {
    return proxy(DataSource.class, new WatchedDataSource(dataSource, activity));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    switch (method.getName()) {
      case "getConnection" -> {
        return watched(method, arguments);
      }
      case "equals" -> {
        return proxy == arguments[0];
      }
      case "unwrap" -> {
        if (((Class<?>) arguments[0]).isInstance(dataSource)) {
          return dataSource;
        }
      }
      case "isWrapperFor" -> {
        if (((Class<?>) arguments[0]).isInstance(dataSource)) {
          return true;
        }
      }
      default -> {}
    }
    return call(dataSource, method, arguments);
  }

  private Connection watched(Method method, Object[] arguments) throws Throwable {
    Session connecting = new Session(null, 0);
    connecting.callBegins("connect");
    activity.opened(connecting);
    Connection connection;
    try {
      connection = (Connection) call(dataSource, method, arguments);
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

  private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
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
        return result(call(target, method, arguments), method, arguments);
      }
      session.callBegins(call);
      try {
        return call(target, method, arguments);
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
}
