package io.bqx.aws.testing;

import io.bqx.aws.testing.StubServer.Answer;
import io.bqx.aws.testing.StubServer.Request;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The metadata service of a machine, version 2: tokens by PUT, and items for whoever has one. */
public final class StubMetadata implements AutoCloseable {

  /** Where a notice is. */
  public static final String ACTION = "spot/instance-action";

  /** Where a recommendation is. */
  public static final String REBALANCE = "events/recommendations/rebalance";

  private final StubServer server = StubServer.start(this::answer);
  private final Map<String, String> items = new ConcurrentHashMap<>();
  private final List<String> requests = new ArrayList<>();
  private int tokens;
  private boolean forgetful;
  private int status;

  private StubMetadata() {}

  /** A service on a free port, of a machine of which nothing is to be said. */
  public static StubMetadata start() {
    return new StubMetadata();
  }

  /** The service's address. */
  public URI endpoint() {
    return server.endpoint();
  }

  /** Says something of the machine from now on. */
  public void put(String item, String text) {
    items.put(item, text);
  }

  /** Makes the tokens given out so far invalid, as a restart of the service does. */
  public synchronized void forgetTokens() {
    forgetful = true;
  }

  /** Answers everything with a status from now on; 0 ends that. */
  public synchronized void answerAllWith(int code) {
    status = code;
  }

  /** Methods and paths of all requests so far, in their order. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  private synchronized Answer answer(Request request) {
    requests.add(request.method() + " " + request.path());
    if (status != 0) {
      return new Answer(status, "");
    }
    if (request.path().equals("/latest/api/token")) {
      boolean wellAsked =
          request.method().equals("PUT")
              && request.header("X-aws-ec2-metadata-token-ttl-seconds").isPresent();
      forgetful = false;
      return new Answer(wellAsked ? 200 : 400, "token-" + ++tokens);
    }
    boolean known =
        request.header("X-aws-ec2-metadata-token").filter(("token-" + tokens)::equals).isPresent();
    if (forgetful || !known) {
      return new Answer(401, "");
    }
    String text = items.get(request.path().replace("/latest/meta-data/", ""));
    return text == null ? new Answer(404, "404 - Not Found") : new Answer(200, text);
  }

  @Override
  public void close() {
    server.close();
  }
}
