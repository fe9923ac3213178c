package io.bqx.core.run;

import io.bqx.core.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.postgresql.PGConnection;

/**
 * A link to the server that can swallow what is sent through a connection, in both directions and
 * without closing it, as a network that is cut off does.
 */
final class SilencedLink implements AutoCloseable {

  private final ServerSocket listener;
  private final String host;
  private final int port;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** By the port from which the server sees them. */
  private final Map<Integer, Boolean> silenced = new ConcurrentHashMap<>();

  private SilencedLink(String host, int port) throws IOException {
    this.host = host;
    this.port = port;
    this.listener = new ServerSocket(0, 50, InetAddress.getByName("localhost"));
  }

  static SilencedLink to(String host, int port) throws IOException {
    SilencedLink link = new SilencedLink(host, port);
    start(link::accept);
    return link;
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Nothing passes through this connection any more. */
  void silence(Connection connection) throws SQLException {
    int seenFrom =
        DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES)
            .fetchSingle(
                "SELECT client_port FROM pg_stat_activity WHERE pid = "
                    + connection.unwrap(PGConnection.class).getBackendPID())
            .get(0, Integer.class);
    silenced.put(seenFrom, true);
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket server = new Socket(host, port);
        sockets.addAll(List.of(client, server));
        int seenFrom = server.getLocalPort();
        start(() -> forward(client, server, seenFrom));
        start(() -> forward(server, client, seenFrom));
      }
    } catch (IOException e) {
      close();
    }
  }

  private void forward(Socket from, Socket to, int seenFrom) {
    byte[] buffer = new byte[1 << 16];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (!silenced.containsKey(seenFrom)) {
          out.write(buffer, 0, read);
        }
      }
      if (!silenced.containsKey(seenFrom)) {
        to.close();
      }
    } catch (IOException e) {
      closeQuietly(to);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "link");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    sockets.forEach(SilencedLink::closeQuietly);
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
