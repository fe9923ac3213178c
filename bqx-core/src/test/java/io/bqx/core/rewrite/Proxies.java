package io.bqx.core.rewrite;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Data sources and connections that do something else as well. */
final class Proxies {

  /** What becomes of a new connection. */
  interface Change {
    Connection of(Connection connection) throws SQLException;
  }

  private Proxies() {}

  static DataSource dataSource(DataSource dataSource, Change change) {
    return (DataSource)
        Proxy.newProxyInstance(
            Proxies.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) ->
                change.of((Connection) call(dataSource, method, arguments)));
  }

  static Connection onCall(Connection connection, String methodName, Runnable also) {
    return (Connection)
        Proxy.newProxyInstance(
            Proxies.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(methodName)) {
                also.run();
              }
              return call(connection, method, arguments);
            });
  }

  static Connection ignoring(Connection connection, String methodName) {
    return (Connection)
        Proxy.newProxyInstance(
            Proxies.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) ->
                method.getName().equals(methodName) ? null : call(connection, method, arguments));
  }

  private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
