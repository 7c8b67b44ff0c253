package org.aglais.zeppelin.storage;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name of a note's file: {@code NAME_ID.zpln}, as Zeppelin writes it. */
final class NoteFile {
  private static final Pattern FORM = Pattern.compile("(.+)_([A-Za-z0-9-]{1,40})\\.zpln");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,40}");

  final String name;
  final String id;

  private NoteFile(String name, String id) {
    this.name = name;
    this.id = id;
  }

  static Optional<NoteFile> parse(String fileName) {
    Matcher matcher = FORM.matcher(fileName);
    return matcher.matches() ? Optional.of(new NoteFile(matcher.group(1), matcher.group(2))) : Optional.empty();
  }

  static String fileName(String name, String id) {
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException("This is no ID of a note");
    }
    return name + "_" + id + ".zpln";
  }
}
