package io.bqx.core.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** A network to the test database, each of whose connections can be cut, slowed and silenced. */
public final class TcpProxy implements AutoCloseable {

  /** The two directions of a connection. */
  public enum Way {
    TO_SERVER,
    TO_CLIENT
  }

  /** What becomes of the bytes of one direction. */
  public enum Flow {
    /** They pass. */
    FREE,
    /** One of them passes per second; the sender's buffers fill up. */
    SLOW,
    /** They are lost without a word, and so is the news that the sender has closed. */
    LOST
  }

  private final ServerSocket listener;
  private final String host;
  private final int port;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private volatile boolean out;

  private TcpProxy() throws IOException {
    PGSimpleDataSource server = (PGSimpleDataSource) TestDatabase.dataSource();
    this.host = server.getServerNames()[0];
    this.port = server.getPortNumbers()[0];
    this.listener = new ServerSocket(0, 50, InetAddress.getByName("localhost"));
  }

  /** A network in which everything passes. */
  public static TcpProxy start() throws IOException {
    TcpProxy proxy = new TcpProxy();
    inBackground(proxy::accept);
    return proxy;
  }

  /** Sessions of the test database by way of this network. */
  public PGSimpleDataSource dataSource() {
    PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.dataSource();
    source.setServerNames(new String[] {"localhost"});
    source.setPortNumbers(new int[] {listener.getLocalPort()});
    return source;
  }

  /** The connection behind a session. */
  public Link link(Connection session) throws SQLException {
    int seenFrom =
        DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES)
            .fetchSingle(
                "SELECT client_port FROM pg_stat_activity WHERE pid = {0}",
                DSL.val(session.unwrap(PGConnection.class).getBackendPID()))
            .get(0, Integer.class);
    return links.stream()
        .filter(link -> link.server.getLocalPort() == seenFrom)
        .findFirst()
        .orElseThrow();
  }

  /** The connections that are open now. */
  public List<Link> links() {
    return List.copyOf(links);
  }

  /** From now on, or no longer, everything is lost, on new connections too. */
  public void setOut(boolean out) {
    this.out = out;
    for (Link link : links) {
      if (out) {
        link.silence();
      }
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Link link = new Link(client, new Socket(host, port));
        links.add(link);
        if (out) {
          link.silence();
        }
        inBackground(() -> link.forward(Way.TO_SERVER));
        inBackground(() -> link.forward(Way.TO_CLIENT));
      }
    } catch (IOException e) {
      close();
    }
  }

  private static void inBackground(Runnable work) {
    Thread thread = new Thread(work, "tcp-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  /** Ends all connections. */
  @Override
  public void close() {
    closeQuietly(listener);
    links.forEach(Link::reset);
  }

  private static void closeQuietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** A connection. */
  public final class Link {

    private final Socket client;
    private final Socket server;
    private final Flow[] flows = {Flow.FREE, Flow.FREE};

    private Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    /** Loses everything, as a network that is cut off does. */
    public void silence() {
      set(Way.TO_SERVER, Flow.LOST);
      set(Way.TO_CLIENT, Flow.LOST);
    }

    /** Changes a direction. */
    public synchronized void set(Way way, Flow flow) {
      flows[way.ordinal()] = flow;
      notifyAll();
    }

    private synchronized Flow flow(Way way) {
      return flows[way.ordinal()];
    }

    /** Ends the connection with a reset to both sides, whatever is on its way. */
    public void reset() {
      set(Way.TO_SERVER, Flow.FREE);
      set(Way.TO_CLIENT, Flow.FREE);
      links.remove(this);
      for (Socket socket : List.of(client, server)) {
        try {
          socket.setSoLinger(true, 0);
        } catch (IOException e) {
          // It is closed already.
          continue;
        } finally {
          closeQuietly(socket);
        }
      }
    }

    private void forward(Way way) {
      byte[] buffer = new byte[1 << 16];
      try {
        InputStream in = (way == Way.TO_SERVER ? client : server).getInputStream();
        OutputStream to = (way == Way.TO_SERVER ? server : client).getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          pass(way, buffer, read, to);
        }
      } catch (IOException e) {
        // What follows is the same as at the end.
      }
      if (flow(way) == Flow.FREE) {
        links.remove(this);
        closeQuietly(client);
        closeQuietly(server);
      }
    }

    private void pass(Way way, byte[] bytes, int length, OutputStream to) throws IOException {
      int passed = 0;
      while (passed < length) {
        switch (flow(way)) {
          case FREE -> {
            to.write(bytes, passed, length - passed);
            passed = length;
          }
          case SLOW -> {
            to.write(bytes, passed, 1);
            passed++;
            awaitChange(way);
          }
          case LOST -> passed = length;
          default -> throw new IllegalStateException(flow(way).toString());
        }
      }
    }

    /** Waits for a second, or until the direction is not slow any more. */
    private synchronized void awaitChange(Way way) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
      long left = TimeUnit.SECONDS.toMillis(1);
      while (flow(way) == Flow.SLOW && left > 0) {
        try {
          wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
        left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      }
    }
  }
}
