package org.apache.zeppelin.spark;

import java.io.File;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.zeppelin.interpreter.InterpreterContext;
import org.apache.zeppelin.interpreter.InterpreterResult;
import org.apache.zeppelin.interpreter.InterpreterResult.Code;
import org.apache.zeppelin.interpreter.thrift.InterpreterCompletion;
import scala.collection.JavaConverters;
import scala.tools.nsc.Settings;
import scala.tools.nsc.interpreter.IMain;
import scala.tools.nsc.interpreter.PresentationCompilerCompleter;
import scala.tools.nsc.interpreter.Results;

/** A Scala interpreter whose classes land in a directory that Spark serves to its executors. */
final class ScalaShell {
  private final ParagraphOutput output = new ParagraphOutput();
  private final IMain compiler;

  ScalaShell(File classDirectory) {
    Settings settings = new Settings();
    settings.processArguments(
        scalaList("-usejavacp", "-Yrepl-class-based", "-Yrepl-outdir", classDirectory.getPath()), true);
    compiler = new IMain(settings, new PrintWriter(output, true, StandardCharsets.UTF_8));
    compiler.initializeSynchronous();
  }

  private static scala.collection.immutable.List<String> scalaList(String... items) {
    return JavaConverters.asScalaBuffer(List.of(items)).toList();
  }

  void bind(String name, String type, Object value) {
    compiler.bind(name, type, value, scalaList("@transient"));
  }

  /** Runs code of our own; what it prints is nobody's output. */
  void prepare(String code) {
    compiler.interpret(code);
  }

  InterpreterResult run(String code, InterpreterContext context) {
    Thread thread = Thread.currentThread();
    ClassLoader loader = thread.getContextClassLoader();
    output.sendTo(context.out);
    // Spark finds the classes that paragraphs define by the thread's loader.
    thread.setContextClassLoader(compiler.classLoader());
    try (PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8)) {
      return scala.Console$.MODULE$.withOut(print, () -> resultOf(interpret(code)));
    } finally {
      thread.setContextClassLoader(loader);
      output.sendTo(null);
    }
  }

  private Results.Result interpret(String code) {
    Results.Result result = compiler.interpret(code);
    // A comment in the last line leaves the statement open for Scala's parser.
    return isIncomplete(result) ? compiler.interpret(code + "\nprint(\"\")") : result;
  }

  private static InterpreterResult resultOf(Results.Result result) {
    if (result == Results.Success$.MODULE$) {
      return new InterpreterResult(Code.SUCCESS);
    }
    return isIncomplete(result)
        ? new InterpreterResult(Code.INCOMPLETE, "Incomplete expression")
        : new InterpreterResult(Code.ERROR);
  }

  private static boolean isIncomplete(Results.Result result) {
    return result == Results.Incomplete$.MODULE$;
  }

  List<InterpreterCompletion> complete(String buffer, int cursor) {
    String before = buffer.substring(0, Math.min(cursor, buffer.length()));
    var candidates = new PresentationCompilerCompleter(compiler).complete(before, before.length()).candidates();
    return JavaConverters.seqAsJavaList(candidates).stream()
        .map(name -> new InterpreterCompletion(name, name, ""))
        .collect(Collectors.toList());
  }

  ClassLoader classLoader() {
    return compiler.classLoader();
  }

  void close() {
    compiler.close();
  }
}
