package org.aglais.zeppelin.notes;

import java.util.Arrays;
import java.util.Optional;

/** The top folders of the tree of notes. */
public enum Area {
  EXAMPLES("examples", "examples", false),
  UTILS("utils", "utils", false),
  TESTS("tests", "tests", false),
  USER("user", "user", true),
  /** Zeppelin's own; what the user threw away counts as the user's. */
  TRASH("~Trash", "user/.trash", true);

  /** Name in Zeppelin's tree. */
  public final String folder;

  /** Place below the root of the storage. */
  public final String directory;

  public final boolean writable;

  Area(String folder, String directory, boolean writable) {
    this.folder = folder;
    this.directory = directory;
    this.writable = writable;
  }

  static Optional<Area> named(String folder) {
    return Arrays.stream(values()).filter(area -> area.folder.equals(folder)).findFirst();
  }
}
