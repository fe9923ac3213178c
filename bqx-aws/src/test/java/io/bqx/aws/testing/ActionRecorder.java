package io.bqx.aws.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.StackWalker.StackFrame;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/**
 * Writes down every operation that code of the library calls with a client of the SDK: one file per
 * JVM, {@code SERVICE OPERATION} per line. Calls of tests themselves, which furnish an emulator,
 * are left out.
 *
 * <p>The SDK gives it to every client of the JVM: it is named in {@code
 * software/amazon/awssdk/global/handlers/execution.interceptors}.
 */
public final class ActionRecorder implements ExecutionInterceptor {

  /** Where the files are. */
  public static final Path FOLDER = Path.of("target", "aws-actions");

  private static final Path FILE = FOLDER.resolve(ProcessHandle.current().pid() + ".txt");
  private static final Set<String> WRITTEN = ConcurrentHashMap.newKeySet();
  private static final StackWalker STACK =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  /** Used by the SDK. */
  public ActionRecorder() {}

  @Override
  public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
    if (isCalledByTheLibrary()) {
      record(
          attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME),
          attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME));
    }
  }

  /** Writes down an operation for which there is no call, because its request is only signed. */
  public static void record(String service, String operation) {
    String line = service.toLowerCase(Locale.ROOT) + " " + operation + "\n";
    if (WRITTEN.add(line)) {
      try {
        Files.createDirectories(FOLDER);
        Files.writeString(FILE, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static boolean isCalledByTheLibrary() {
    Predicate<Class<?>> own =
        type -> type.getName().startsWith("io.bqx.") && type != ActionRecorder.class;
    return STACK.walk(
        frames ->
            frames
                .map(StackFrame::getDeclaringClass)
                .filter(own)
                .findFirst()
                .filter(type -> !isOfATest(type))
                .isPresent());
  }

  private static boolean isOfATest(Class<?> type) {
    return type.getProtectionDomain()
        .getCodeSource()
        .getLocation()
        .getPath()
        .endsWith("/test-classes/");
  }
}
