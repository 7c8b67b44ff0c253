package org.apache.zeppelin.spark;

import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.zeppelin.interpreter.InterpreterHookRegistry;
import org.apache.zeppelin.interpreter.ZeppelinContext;

/** The {@code z} of Spark paragraphs: shows data frames as tables, holds forms and shared objects. */
public class SparkNotebookContext extends ZeppelinContext {
  private static final Map<String, String> INTERPRETERS =
      Map.of(
          "spark", "org.apache.zeppelin.spark.SparkInterpreter",
          "sql", "org.apache.zeppelin.spark.SparkSqlInterpreter",
          "pyspark", "org.apache.zeppelin.spark.PySparkInterpreter");

  private final SparkShims shims;

  SparkNotebookContext(SparkShims shims, InterpreterHookRegistry hooks, int maxRows) {
    super(hooks, maxRows);
    this.shims = shims;
  }

  @Override
  public Map<String, String> getInterpreterClassMap() {
    return INTERPRETERS;
  }

  @Override
  @SuppressWarnings("rawtypes") // as Zeppelin declares it
  public List<Class> getSupportedClasses() {
    return List.of(Dataset.class);
  }

  @Override
  public String showData(Object data, int maxRows) {
    return shims.showDataFrame(data, maxRows, getInterpreterContext());
  }
}
