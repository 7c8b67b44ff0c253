package org.aglais.zeppelin.notes;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A path in the tree of notes, as Zeppelin writes it: {@code /area/folder/name}. It cannot lead out of the tree. */
public final class NotePath {
  private static final int MOST_BYTES = 200; // file systems take 255; the ID and the ending are added
  private static final int MOST_FOLDERS = 12;

  public final Area area;

  /** Below the area; empty for the area itself. */
  public final List<String> parts;

  private NotePath(Area area, List<String> parts) {
    this.area = area;
    this.parts = parts;
  }

  /** Reads a path that must begin with an area. */
  public static NotePath parse(String path) throws RefusedException {
    List<String> parts = split(path);
    Optional<Area> area = parts.isEmpty() ? Optional.empty() : Area.named(parts.get(0));
    if (area.isEmpty()) {
      throw new RefusedException("Notes are kept in /user/. '" + shown(path) + "' is not in there.");
    }
    return new NotePath(area.get(), parts.subList(1, parts.size()));
  }

  /** Reads what somebody typed as the name of a new note: without an area it means their own folder. */
  public static NotePath typed(String path) throws RefusedException {
    List<String> parts = split(path);
    if (parts.isEmpty()) {
      return new NotePath(Area.USER, List.of("Untitled Note"));
    }
    Optional<Area> area = Area.named(parts.get(0));
    boolean isInArea = area.isPresent() && parts.size() > 1;
    return isInArea ? new NotePath(area.get(), parts.subList(1, parts.size())) : new NotePath(Area.USER, parts);
  }

  /** Returns the same name in the user's folder, if the note is not in there anyway. */
  public NotePath inUserFolder() {
    return area == Area.USER ? this : new NotePath(Area.USER, List.of(parts.get(parts.size() - 1)));
  }

  private static List<String> split(String path) throws RefusedException {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/")) {
      if (!part.isBlank()) {
        parts.add(checked(part.strip(), path));
      }
    }
    if (parts.size() > MOST_FOLDERS) {
      throw new RefusedException("A note can lie at most " + MOST_FOLDERS + " folders deep.");
    }
    return parts;
  }

  private static String checked(String part, String path) throws RefusedException {
    boolean isOrdinary = part.chars().noneMatch(c -> c < 32 || c == 127 || c == '\\')
        && (part.equals(Area.TRASH.folder) || !part.startsWith("."));
    if (!isOrdinary || part.contains("..")) {
      throw new RefusedException(400, "'" + shown(path) + "' cannot be the name of a note.");
    }
    if (part.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
      throw new RefusedException(400, "The name '" + shown(part) + "' is too long.");
    }
    return part;
  }

  private static String shown(String path) {
    String printable = path.replaceAll("\\p{Cntrl}", "?");
    return printable.length() > 80 ? printable.substring(0, 80) + "…" : printable;
  }

  @Override
  public String toString() {
    return "/" + area.folder + (parts.isEmpty() ? "" : "/" + String.join("/", parts));
  }
}
