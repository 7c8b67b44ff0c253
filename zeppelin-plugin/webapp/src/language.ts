/** Which interpreter a paragraph calls, and the language that is written for it. */

export type Language = "python" | "sql" | "markdown" | "scala" | "shell" | "r" | "plain";

const MAGIC = /^\s*%([\w.-]+)/;

/** The interpreter that the first line names (`%spark.sql`), or else the note's own. */
export function interpreterOf(text: string, fallback: string): string {
  return MAGIC.exec(text)?.[1] ?? fallback;
}

export function languageOf(text: string, fallback: string): Language {
  const name = interpreterOf(text, fallback).toLowerCase();
  const last = name.split(".").at(-1) ?? name;
  if (/^i?(python|pyspark)$/.test(last)) return "python";
  if (/(sql|jdbc|hive)$/.test(last)) return "sql";
  if (last === "md" || last === "markdown") return "markdown";
  if (last === "sh" || last === "shell" || last === "terminal") return "shell";
  if (/^(i?r|sparkr|shiny)$/.test(last)) return "r";
  if (/^(spark|scala|ispark)$/.test(last)) return "scala";
  return "plain";
}
