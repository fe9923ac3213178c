package io.bqx.aws.credentials;

import io.bqx.core.credentials.DatabaseCredentials;
import io.bqx.core.credentials.DatabaseLogin;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.regions.Region;

/**
 * Logs in to RDS or Aurora with a token instead of a password: {@code GRANT rds_iam TO user} on the
 * server, {@code rds-db:connect} in the policy.
 *
 * <p>A token is good for 15 minutes, no longer. It is signed on this machine, without a call, so
 * each session gets a new one and none is ever used after its time. Sessions that are open outlive
 * their token. Tokens are sent over encrypted connections only.
 */
public final class RdsIamCredentials implements DatabaseCredentials {

  /** How long a token is good; RDS takes no other number. */
  public static final Duration LIFETIME = Duration.ofMinutes(15);

  private static final String SERVICE = "rds-db";
  private static final String CANNOT_CONNECT = "08001";
  private static final Pattern ENDPOINT =
      Pattern.compile(
          "[^.]+\\.(?:[^.]+\\.)?([a-z]{2}(?:-[a-z]+)+-[0-9])\\.rds\\.amazonaws\\.com(?:\\.cn)?");

  private final String host;
  private final int port;
  private final String user;
  private final Region region;
  private final AwsCredentialsProvider identity;
  private final Clock clock;

  private RdsIamCredentials(Builder b) {
    this.host = Objects.requireNonNull(b.host, "host");
    this.port = b.port;
    this.user = Objects.requireNonNull(b.user, "user");
    this.region = Objects.requireNonNull(b.region, "region");
    this.identity = Objects.requireNonNull(b.identity, "identity");
    this.clock = b.clock;
  }

  /**
   * Begins credentials for a user of a server.
   *
   * @param host the endpoint by which sessions are opened: the token is good for this name only
   * @param port the server's port
   * @param user the role that logs in
   */
  public static Builder of(String host, int port, String user) {
    return new Builder(host, port, user);
  }

  /** The region in the name of an endpoint of RDS, such as {@code us-east-1}. */
  public static Optional<Region> regionOf(String host) {
    Matcher named = ENDPOINT.matcher(host.toLowerCase(Locale.ROOT));
    return named.matches() ? Optional.of(Region.of(named.group(1))) : Optional.empty();
  }

  @Override
  public DatabaseLogin login() throws SQLException {
    AwsCredentials signer;
    try {
      signer = identity.resolveCredentials();
    } catch (SdkException e) {
      throw new SQLException(
          String.format(
              Locale.ROOT,
              "Cannot sign a token for %s at %s: there are no credentials of AWS: %s",
              user,
              host,
              e.getMessage()),
          CANNOT_CONNECT,
          e);
    }
    return DatabaseLogin.of(user, token(signer));
  }

  /** A token made anew, which is another one if the time or the credentials of AWS have changed. */
  @Override
  public Optional<DatabaseLogin> renew(DatabaseLogin refused) throws SQLException {
    return Optional.of(login()).filter(login -> !login.equals(refused));
  }

  private String token(AwsCredentials signer) {
    SdkHttpRequest connect =
        SdkHttpFullRequest.builder()
            .method(SdkHttpMethod.GET)
            .protocol("https")
            .host(host)
            .port(port)
            .encodedPath("/")
            .putRawQueryParameter("DBUser", user)
            .putRawQueryParameter("Action", "connect")
            .build();
    SdkHttpRequest signed =
        AwsV4HttpSigner.create()
            .sign(
                request ->
                    request
                        .identity(signer)
                        .request(connect)
                        .putProperty(AwsV4HttpSigner.REGION_NAME, region.id())
                        .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, SERVICE)
                        .putProperty(
                            AwsV4FamilyHttpSigner.AUTH_LOCATION,
                            AwsV4FamilyHttpSigner.AuthLocation.QUERY_STRING)
                        .putProperty(AwsV4FamilyHttpSigner.EXPIRATION_DURATION, LIFETIME)
                        .putProperty(HttpSigner.SIGNING_CLOCK, clock))
            .request();
    return signed.getUri().toString().substring("https://".length());
  }

  @Override
  public boolean requiresEncryption() {
    return true;
  }

  @Override
  public String toString() {
    return "IAM token of " + user;
  }

  /** Collects what a token is made of. */
  public static final class Builder {

    private final String host;
    private final int port;
    private final String user;
    private Region region;
    private AwsCredentialsProvider identity;
    private Clock clock = Clock.systemUTC();

    private Builder(String host, int port, String user) {
      this.host = host;
      this.port = port;
      this.user = user;
    }

    /** The region of the server; must be set. */
    public Builder region(Region region) {
      this.region = region;
      return this;
    }

    /** Who signs the tokens; must be set. */
    public Builder identity(AwsCredentialsProvider identity) {
      this.identity = identity;
      return this;
    }

    /** The clock that dates the tokens; the machine's if it is not set. */
    public Builder clock(Clock clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /** The credentials; nothing is signed yet. */
    public RdsIamCredentials build() {
      return new RdsIamCredentials(this);
    }
  }
}
