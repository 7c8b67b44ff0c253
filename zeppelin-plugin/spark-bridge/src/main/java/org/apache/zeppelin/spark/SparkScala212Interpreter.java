package org.apache.zeppelin.spark;

import java.io.File;
import java.net.URLClassLoader;
import java.util.List;
import java.util.Properties;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.SparkSession;
import org.apache.zeppelin.interpreter.InterpreterContext;
import org.apache.zeppelin.interpreter.InterpreterGroup;
import org.apache.zeppelin.interpreter.InterpreterResult;
import org.apache.zeppelin.interpreter.ZeppelinContext;
import org.apache.zeppelin.interpreter.thrift.InterpreterCompletion;

/**
 * The Spark session behind {@code %spark}, {@code %spark.sql} and {@code %spark.pyspark}.
 *
 * <p>Zeppelin's SparkInterpreter makes it by this name and with these constructor arguments. The Scala compiler is
 * started by the first Scala paragraph: most notebooks are Python or SQL, and it costs seconds and 100 MB.
 */
public class SparkScala212Interpreter extends AbstractSparkScalaInterpreter {
  private static final String MAX_RESULT = "zeppelin.spark.maxResult";

  private final SparkConf conf;
  private final Properties properties;
  private final InterpreterGroup group;
  private final File classDirectory;
  private SparkSession session;
  private SparkNotebookContext notebook;
  private ScalaShell shell;

  /** Called by reflection; dependencies and loader come with Zeppelin's own Scala shell and are not needed here. */
  public SparkScala212Interpreter(
      SparkConf conf,
      List<String> dependencies,
      Properties properties,
      InterpreterGroup group,
      URLClassLoader loader,
      File classDirectory) {
    this.conf = conf;
    this.properties = properties;
    this.group = group;
    this.classDirectory = classDirectory;
  }

  @Override
  public void open() {
    // Executors fetch the classes that the Scala shell compiles from the driver, which reads them here.
    conf.set("spark.repl.class.outputDir", classDirectory.getAbsolutePath());
    session = SparkSession.builder().config(conf).getOrCreate();
    SparkShims shims = shims();
    shims.setupSparkListener(getSparkContext().master(), getSparkUrl(), InterpreterContext.get());
    int maxRows = Integer.parseInt(properties.getProperty(MAX_RESULT, "1000"));
    notebook = new SparkNotebookContext(shims, group.getInterpreterHookRegistry(), maxRows);
  }

  private SparkShims shims() {
    try {
      return SparkShims.getInstance(session.version(), properties, session);
    } catch (Exception e) {
      throw new IllegalStateException("No part of Zeppelin knows Spark " + session.version(), e);
    }
  }

  @Override
  public void close() {
    if (shell != null) {
      shell.close();
      shell = null;
    }
    if (session != null) {
      session.stop();
      session = null;
    }
  }

  @Override
  public InterpreterResult interpret(String code, InterpreterContext context) {
    notebook.setInterpreterContext(context);
    return shell().run(code, context);
  }

  @Override
  public List<InterpreterCompletion> completion(String buffer, int cursor, InterpreterContext context) {
    return shell().complete(buffer, cursor);
  }

  private synchronized ScalaShell shell() {
    if (shell == null) {
      shell = new ScalaShell(classDirectory);
      shell.bind("spark", "org.apache.spark.sql.SparkSession", session);
      shell.bind("sc", "org.apache.spark.SparkContext", getSparkContext());
      shell.bind("sqlContext", "org.apache.spark.sql.SQLContext", getSqlContext());
      shell.bind("z", SparkNotebookContext.class.getName(), notebook);
      shell.prepare("import spark.implicits._, spark.sql, org.apache.spark.sql.functions._");
    }
    return shell;
  }

  @Override
  public int getProgress(String jobGroup, InterpreterContext context) {
    return JobProgress.percent(getSparkContext().statusTracker(), jobGroup);
  }

  @Override
  public SparkContext getSparkContext() {
    return session.sparkContext();
  }

  @Override
  public SQLContext getSqlContext() {
    return session.sqlContext();
  }

  @Override
  public Object getSparkSession() {
    return session;
  }

  @Override
  public String getSparkUrl() {
    return getSparkContext().uiWebUrl().isDefined() ? getSparkContext().uiWebUrl().get() : null;
  }

  @Override
  public ZeppelinContext getZeppelinContext() {
    return notebook;
  }

  @Override
  public ClassLoader getScalaShellClassLoader() {
    return shell == null ? Thread.currentThread().getContextClassLoader() : shell.classLoader();
  }
}
