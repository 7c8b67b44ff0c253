package org.aglais.zeppelin.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import org.aglais.zeppelin.notes.Area;
import org.aglais.zeppelin.notes.NotePath;
import org.aglais.zeppelin.notes.RefusedException;

/**
 * The areas of a directory as one tree of notes. Knows Zeppelin's file names and paths, but none of its classes.
 *
 * <p>Saving a shipped note does nothing: Zeppelin saves whatever was run, and results of a shipped note belong to
 * nobody.
 */
public final class NoteTree {
  private static NoteTree shared;

  private final Path root;
  private final boolean showsTests;
  private final NoteLimits limits;

  public NoteTree(Path root, boolean showsTests, NoteLimits limits) {
    this.root = root;
    this.showsTests = showsTests;
    this.limits = limits;
  }

  /** Returns the tree that the system properties {@code aglais.notes.*} describe. */
  public static synchronized NoteTree shared() {
    if (shared == null) {
      NoteLimits limits =
          new NoteLimits(Integer.getInteger("aglais.notes.max", 100), Long.getLong("aglais.notes.max-bytes", 1L << 20));
      String root = System.getProperty("aglais.notes.root", "/notebooks");
      shared = new NoteTree(Path.of(root), Boolean.getBoolean("aglais.notes.tests"), limits);
    }
    return shared;
  }

  /** Returns the path of each note by its ID. */
  public Map<String, String> list() throws IOException {
    Map<String, String> notes = new LinkedHashMap<>();
    for (Area area : Area.values()) {
      Path directory = root.resolve(area.directory);
      if (isVisible(area) && Files.isDirectory(directory)) {
        Files.walkFileTree(directory, new Lister(area, directory, notes));
      }
    }
    return notes;
  }

  private boolean isVisible(Area area) {
    return area != Area.TESTS || showsTests;
  }

  private static final class Lister extends SimpleFileVisitor<Path> {
    private final Area area;
    private final Path directory;
    private final Map<String, String> notes;

    Lister(Area area, Path directory, Map<String, String> notes) {
      this.area = area;
      this.directory = directory;
      this.notes = notes;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      boolean isHidden = !folder.equals(directory) && folder.getFileName().toString().startsWith(".");
      return isHidden ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (attributes.isRegularFile()) { // links are not followed
        Path folder = directory.relativize(file).getParent();
        String prefix = "/" + area.folder + (folder == null ? "" : "/" + folder) + "/";
        NoteFile.parse(file.getFileName().toString()).ifPresent(n -> notes.putIfAbsent(n.id, prefix + n.name));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      return FileVisitResult.CONTINUE;
    }
  }

  public String read(String id, String path) throws IOException {
    Path file = file(id, notePath(path));
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new NoSuchFileException("The note " + path + " is gone.");
    }
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  public synchronized void write(String id, String path, String json) throws IOException {
    NotePath note = notePath(path);
    Path file = file(id, note);
    boolean isNew = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    if (!note.area.writable) {
      if (isNew) {
        throw new IOException(note + " is read-only. Save the note in /user/.");
      }
      return;
    }
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    requireSize(bytes.length);
    if (isNew) {
      allowed(this::requireRoom);
    }
    put(file, bytes);
  }

  private void requireSize(long size) throws IOException {
    if (size > limits.bytes) {
      throw new IOException(String.format(
          "This note would have %s, notes may have %s. It was not saved: clear some output, or split it.",
          mebibytes(size), mebibytes(limits.bytes)));
    }
  }

  private static String mebibytes(long bytes) {
    return String.format("%.1f MiB", bytes / 1048576.0);
  }

  /** Refuses when the account has as many notes as it may; those in the trash count. */
  public void requireRoom() throws RefusedException {
    if (count() >= limits.notes) {
      throw new RefusedException("You have " + limits.notes
          + " notes, which is the most your account may have. Delete some and empty the trash.");
    }
  }

  private long count() {
    try {
      return list().values().stream()
          .filter(path -> path.startsWith("/" + Area.USER.folder + "/") || path.startsWith("/" + Area.TRASH.folder + "/"))
          .count();
    } catch (IOException e) {
      return 0; // the write that follows will tell
    }
  }

  /** Puts a file in place whole or not at all. */
  private static void put(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    Path draft = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      Files.write(draft, bytes);
      move(draft, file, true);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static void move(Path from, Path to, boolean replace) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, replace ? new StandardCopyOption[] {StandardCopyOption.REPLACE_EXISTING} : new StandardCopyOption[0]);
    }
  }

  public synchronized void moveNote(String id, String path, String newPath) throws IOException {
    Path from = file(id, writable(path));
    Path to = file(id, writable(newPath));
    Files.createDirectories(to.getParent());
    move(from, to, false);
    prune(from.getParent());
  }

  public synchronized void moveFolder(String path, String newPath) throws IOException {
    Path from = folder(writable(path));
    Path to = folder(writable(newPath));
    if (Files.exists(to)) {
      throw new IOException("A folder " + newPath + " is there already.");
    }
    Files.createDirectories(to.getParent());
    move(from, to, false);
    prune(from.getParent());
  }

  public synchronized void removeNote(String id, String path) throws IOException {
    Path file = file(id, writable(path));
    Files.deleteIfExists(file);
    prune(file.getParent());
  }

  public synchronized void removeFolder(String path) throws IOException {
    Path folder = folder(writable(path));
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.walkFileTree(folder, new Remover());
    }
  }

  private static final class Remover extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
      Files.delete(folder);
      return FileVisitResult.CONTINUE;
    }
  }

  /** Removes folders that became empty; Zeppelin shows none without a note. */
  private void prune(Path folder) throws IOException {
    Path top = root.resolve(Area.USER.directory);
    try {
      for (Path empty = folder; empty.startsWith(top) && !empty.equals(top); empty = empty.getParent()) {
        Files.delete(empty);
      }
    } catch (DirectoryNotEmptyException | NoSuchFileException e) {
      return;
    }
  }

  private NotePath writable(String path) throws IOException {
    NotePath note = notePath(path);
    if (!note.area.writable) {
      throw new IOException(note + " is read-only.");
    }
    return note;
  }

  private static NotePath notePath(String path) throws IOException {
    try {
      return NotePath.parse(path);
    } catch (RefusedException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private Path folder(NotePath path) throws IOException {
    if (path.parts.isEmpty() && path.area != Area.TRASH) {
      throw new IOException("The folder " + path + " itself stays.");
    }
    return inside(root.resolve(path.area.directory).resolve(String.join("/", path.parts)));
  }

  private Path file(String id, NotePath path) throws IOException {
    if (path.parts.isEmpty()) {
      throw new IOException("A note needs a name.");
    }
    Path folder = root.resolve(path.area.directory);
    int last = path.parts.size() - 1;
    for (String part : path.parts.subList(0, last)) {
      folder = folder.resolve(part);
    }
    return inside(folder.resolve(NoteFile.fileName(path.parts.get(last), id)));
  }

  /** The paths cannot lead out; a link in a folder could, if anybody managed to make one. */
  private Path inside(Path path) throws IOException {
    for (Path parent = path.getParent(); !parent.equals(root); parent = parent.getParent()) {
      if (Files.isSymbolicLink(parent)) {
        throw new IOException("Links are not followed in the notes' storage.");
      }
    }
    return path;
  }

  private interface Rule {
    void check() throws RefusedException;
  }

  private static void allowed(Rule rule) throws IOException {
    try {
      rule.check();
    } catch (RefusedException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
