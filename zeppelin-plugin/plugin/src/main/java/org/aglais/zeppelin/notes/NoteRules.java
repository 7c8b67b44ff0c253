package org.aglais.zeppelin.notes;

import org.aglais.zeppelin.storage.NoteTree;

/** Decides, before Zeppelin acts, where a new, copied or renamed note shall be, or that it shall not. */
public final class NoteRules {
  private final NoteTree tree;

  public NoteRules(NoteTree tree) {
    this.tree = tree;
  }

  /** Returns the full path for a name that somebody typed. */
  public String newNote(String name) throws RefusedException {
    NotePath path = NotePath.typed(name);
    requireWritable(path);
    tree.requireRoom();
    return path.toString();
  }

  /** As for a new note, but a copy of what is read-only goes to the user's folder instead. */
  public String copy(String name) throws RefusedException {
    NotePath path = NotePath.typed(name).inUserFolder();
    tree.requireRoom();
    return path.toString();
  }

  /** A relative name stays in the folder of the note. */
  public String rename(String name, boolean isRelative) throws RefusedException {
    if (isRelative) {
      NotePath.parse("/user/" + name);
      return name.strip();
    }
    NotePath path = NotePath.typed(name);
    requireWritable(path);
    return path.toString();
  }

  /** Checks a folder that is to be moved or removed. */
  public void folder(String name) throws RefusedException {
    NotePath path = NotePath.parse(name);
    requireWritable(path);
    if (path.parts.isEmpty() && path.area != Area.TRASH) {
      throw new RefusedException("The folder " + path + " itself stays.");
    }
  }

  /** Returns the new name of a folder. */
  public String newFolder(String name) throws RefusedException {
    NotePath path = NotePath.typed(name);
    requireWritable(path);
    return path.toString();
  }

  private static void requireWritable(NotePath path) throws RefusedException {
    if (!path.area.writable) {
      throw new RefusedException("/" + path.area.folder + " is read-only. Save it in /user/.");
    }
  }
}
