package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.Driver;
import org.postgresql.jdbc.SslMode;

class TransportSecurityTest {

  private static TransportSecurity of(String url, SslMode option) {
    Properties address = Driver.parseURL(url, null);
    return TransportSecurity.of(address, option, null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://db.example.com:5432/fx",
        "jdbc:postgresql://10.1.2.3/fx",
        "jdbc:postgresql://localhost.example.com/fx",
        "jdbc:postgresql://127.0.0.1.example.com/fx",
        "jdbc:postgresql://0.0.0.0/fx",
        "jdbc:postgresql://[2001:db8::1]/fx",
        "jdbc:postgresql://localhost,db.example.com/fx",
        "jdbc:postgresql://localhost/fx?ssl=true",
        "jdbc:postgresql://localhost/fx?ssl"
      })
  void aServerOnAnotherMachineMustProveWhoItIs(String url) {
    assertThat(of(url, null).mode()).isEqualTo(SslMode.VERIFY_FULL);
    assertThat(of(url, null).weakness()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://localhost:5432/fx",
        "jdbc:postgresql://LOCALHOST/fx",
        "jdbc:postgresql:fx",
        "jdbc:postgresql://127.0.0.1/fx",
        "jdbc:postgresql://[::1]/fx"
      })
  void onThisMachineTheServerDecides(String url) {
    assertThat(of(url, null).mode()).isEqualTo(SslMode.PREFER);
    assertThat(of(url, SslMode.DISABLE).weakness()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "disable, is not encrypted",
    "allow, only if the server offers it",
    "prefer, only if the server offers it",
    "require, nothing proves",
    "verify-ca, any server with a certificate of that authority"
  })
  void whatIsDemandedLessIsSaid(String name, String weakness) {
    SslMode mode = TransportSecurity.mode(name).orElseThrow();
    TransportSecurity byOption = of("jdbc:postgresql://db.example.com/fx", mode);
    TransportSecurity byAddress = of("jdbc:postgresql://db.example.com/fx?sslmode=" + name, null);

    assertThat(byOption.mode()).isEqualTo(mode).isEqualTo(byAddress.mode());
    assertThat(byOption.weakness()).hasValueSatisfying(w -> assertThat(w).contains(weakness));
    assertThat(byAddress.weakness()).isEqualTo(byOption.weakness());
  }

  @Test
  void contradictionsAreBadUsage() {
    String url = "jdbc:postgresql://db.example.com/fx";
    assertBadUsage("one of them", url + "?sslmode=disable", "--ssl-mode", "require");
    assertBadUsage("one of them", url + "?sslrootcert=a.pem", "--ssl-root-cert", "b.pem");
    assertBadUsage("no.pem cannot be read", url, "--ssl-root-cert", "no.pem");
    assertBadUsage("'tls' is not a mode; expected one of disable", url, "--ssl-mode", "tls");
    assertBadUsage("sslmode is none of", url + "?sslmode=tls");
    assertBadUsage("of no use", url, "--ssl-mode", "require", "--ssl-root-cert", "pom.xml");
    CommandRun embedded =
        CommandRun.of(Map.of(), "status", "--embedded", "x", "--ssl-mode", "require");
    assertThat(embedded.err()).contains("go with --jdbc-url");
    assertThat(embedded.exitCode()).isEqualTo(2);
  }

  private static void assertBadUsage(String expected, String url, String... options) {
    String[] arguments = new String[3 + options.length];
    arguments[0] = "status";
    arguments[1] = "--jdbc-url";
    arguments[2] = url;
    System.arraycopy(options, 0, arguments, 3, options.length);
    CommandRun run = CommandRun.of(Map.of(), arguments);
    assertThat(run.err()).contains(expected);
    assertThat(run.exitCode()).isEqualTo(2);
  }
}
