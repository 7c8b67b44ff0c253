package org.aglais.zeppelin.interpreters;

import java.util.Properties;
import org.apache.zeppelin.interpreter.Interpreter;
import org.apache.zeppelin.interpreter.InterpreterContext;
import org.apache.zeppelin.interpreter.InterpreterResult;
import org.apache.zeppelin.interpreter.InterpreterResult.Code;

/**
 * Stands under the name {@code conf} in each group, where Zeppelin has an interpreter that sets properties.
 *
 * <p>Properties decide what the server runs to start an interpreter (SPARK_HOME, BASH_ENV, LD_PRELOAD), as the server's
 * own user. A paragraph must not set them, or it could read what only the server may know.
 */
public class ClosedSettings extends Interpreter {
  public ClosedSettings(Properties properties) {
    super(properties);
  }

  @Override
  public void open() {
    // nothing to prepare
  }

  @Override
  public void close() {
    // nothing to release
  }

  @Override
  public InterpreterResult interpret(String code, InterpreterContext context) {
    return new InterpreterResult(
        Code.ERROR,
        "Properties of interpreters are set by the platform. What a running Spark takes can be set in code:"
            + " spark.conf.set(\"spark.sql.shuffle.partitions\", \"16\")");
  }

  @Override
  public void cancel(InterpreterContext context) {
    // it is over at once
  }

  @Override
  public FormType getFormType() {
    return FormType.NATIVE;
  }

  @Override
  public int getProgress(InterpreterContext context) {
    return 0;
  }
}
