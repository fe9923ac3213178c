package io.bqx.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PasswordsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          at jdbc:postgresql://h/d?user=me&password=s3cret&ssl=true | at jdbc:postgresql://h/d?user=me&password=***&ssl=true
          {"password": "s3 cret", "user": "me"}                     | {"password": ***, "user": "me"}
          {"password":"s3cret"}                                     | {"password":***}
          Password = 's3 cret', then                                | Password = ***, then
          sslpassword=s3cret                                        | sslpassword=***
          PGPASSWORD=s3cret psql                                    | PGPASSWORD=*** psql
          pwd: s3cret                                               | pwd: ***
          aws_secret_access_key = s3cret                            | aws_secret_access_key = ***
          ?X-Amz-Security-Token=s3cret&X-Amz-Signature=s3cret       | ?X-Amz-Security-Token=***&X-Amz-Signature=***
          ALTER ROLE me PASSWORD 's3''cret' VALID                   | ALTER ROLE me PASSWORD *** VALID
          postgres://me:s3cret@host/fx                              | postgres://me:***@host/fx
          """)
  void whatIsWrittenAsAPasswordIsMasked(String text, String masked) {
    assertThat(Passwords.masked(text)).isEqualTo(masked);
    assertThat(new BqxException(text))
        .hasMessage(masked)
        .hasToString(BqxException.class.getName() + ": " + masked);
    assertThat(new BqxException(text, new IllegalStateException())).hasMessage(masked);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          FATAL: password authentication failed for user "me"
          No password was given: BQX_DB_PASSWORD is not set
          jdbc:postgresql://localhost:5432/fx
          Stage 2.3 at 12:30: me@example.com
          has lost its claim on month 2024-07 [token=4711]
          """)
  void otherTextsStayAsTheyAre(String text) {
    assertThat(Passwords.masked(text)).isEqualTo(text);
  }

  @Test
  void longTextsDoNotExhaustTheStack() {
    String quotes = "password '" + "''".repeat(1_000_000);
    assertThat(Passwords.masked(quotes)).startsWith("password ***");
    assertThat(Passwords.masked("//" + "a:".repeat(100_000))).isNotEmpty();
    assertThat(Passwords.masked(null)).isNull();
  }
}
